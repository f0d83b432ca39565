package dev.holdfast.job;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The way in: record first, then the message. Between the two a job is known but not on its way; if
 * the publish fails or the process dies there, the {@link Reconciler} publishes later, so a job
 * that was answered for is never lost.
 */
public final class JobIntake {

  /** The longest a submission waits for the broker before it is answered without it. */
  static final Duration PUBLISH_WAIT_MAX = Duration.ofSeconds(5);

  private final JobStore store;
  private final JobQueue queue;
  private final JobRecords records;
  private final Clocked clock;

  public JobIntake(JobStore store, JobQueue queue, JobRecords records, Clocked clock) {
    this.store = store;
    this.queue = queue;
    this.records = records;
    this.clock = clock;
  }

  /** What this process writes records by. */
  public JobRecords records() {
    return records;
  }

  /**
   * Takes a job in.
   *
   * @param id random, or from {@link JobId#ofKey} if the client sent an idempotency key
   * @return the stored job, durable: a new one, or the one an earlier submission with the same key
   *     made; fails with {@link JobError#IDEMPOTENCY_KEY_REUSED} if that one had another body
   */
  public Future<JobStore.Created> submit(JobId id, JobSpec spec) {
    return store
        .create(JobLife.created(id, spec, clock.instant()))
        .compose(
            created -> {
              if (created.isNew()) {
                records.created(created.job());
                return publishWithin(created.job()).map(created);
              }
              @Nullable String before = created.job().spec().fingerprint();
              return before != null && before.equals(spec.fingerprint())
                  ? Future.succeededFuture(created)
                  : Future.failedFuture(
                      JobError.IDEMPOTENCY_KEY_REUSED.because(
                          "this Idempotency-Key was used before with another body; send the same"
                              + " body, or another key"));
            });
  }

  /**
   * Cancels a job.
   *
   * @return the job; fails with {@link JobError#ILLEGAL_STATE} if it has ended otherwise
   */
  public Future<Job> cancel(JobId id) {
    return records.update(
        id,
        (job, now) ->
            switch (job.state()) {
              case QUEUED, PROCESSING, INTERRUPTED -> JobLife.cancelled(job, now);
              case CANCELLED -> null;
              case COMPLETE, FAILED ->
                  throw JobError.ILLEGAL_STATE.because(
                      "the job is %s: only a job that has not ended can be cancelled"
                          .formatted(job.state().wireName()));
            });
  }

  /**
   * Sends a failed or cancelled job on its way again, from its checkpoint and with fresh budgets.
   *
   * @return the job; fails with {@link JobError#ILLEGAL_STATE} if it is complete
   */
  public Future<Job> retry(JobId id) {
    return records
        .update(
            id,
            (job, now) ->
                switch (job.state()) {
                  case FAILED, CANCELLED -> JobLife.retried(job, now);
                  case QUEUED, PROCESSING, INTERRUPTED -> null;
                  case COMPLETE ->
                      throw JobError.ILLEGAL_STATE.because(
                          "the job is complete: only a failed or cancelled job can be retried");
                })
        .compose(job -> publishWithin(job).map(job));
  }

  /** Completes when the message is out, or without it: the Reconciler makes up for it. */
  private Future<Void> publishWithin(Job job) {
    Promise<Void> answer = Promise.promise();
    Clocked.Timer timer = clock.after(PUBLISH_WAIT_MAX, answer::tryComplete);
    queue
        .publish(message(job))
        .onComplete(
            done -> {
              timer.cancel();
              answer.tryComplete();
            });
    return answer.future();
  }

  static JobQueue.Message message(Job job) {
    Map<String, String> attributes = new HashMap<>();
    attributes.put(JobQueue.Message.MODEL, job.spec().model());
    @Nullable String tenant = job.spec().labels().get(JobQueue.Message.TENANT);
    if (tenant != null) {
      attributes.put(JobQueue.Message.TENANT, tenant);
    }
    @Nullable String traceparent = job.spec().traceparent();
    if (traceparent != null) {
      attributes.put(JobQueue.Message.TRACEPARENT, traceparent);
    }
    return new JobQueue.Message(job.id(), attributes);
  }
}
