package dev.holdfast.job;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Applies rules of {@link JobLife} to records in a {@link JobStore}: read, compare-and-set, and
 * again with the newer record if another write came first.
 *
 * <p>A store call that fails may have been applied. It is repeated with the very same record, so
 * that "somebody else wrote" and "I wrote, the reply was lost" can be told apart by comparing.
 */
public final class JobRecords {

  /** Writes of one record that may be lost to other writers before giving up. */
  private static final int CONFLICTS_MAX = 32;

  private static final int TRIES_MAX = 5;
  private static final Duration TRY_AGAIN_FIRST = Duration.ofMillis(50);

  private final JobStore store;
  private final JobEvents events;
  private final Clocked clock;
  private final Traces traces;
  private final Consumer<Job> ended;

  /** Applies them without telling anybody but the watchers. */
  public JobRecords(JobStore store, JobEvents events, Clocked clock) {
    this(store, events, clock, Traces.OFF, job -> {});
  }

  /**
   * @param ended hears of each job whose end was written here, whoever decided it; so among all
   *     processes an end is heard of once. Any thread; must not block or fail
   */
  public JobRecords(
      JobStore store, JobEvents events, Clocked clock, Traces traces, Consumer<Job> ended) {
    this.store = store;
    this.events = events;
    this.clock = clock;
    this.traces = traces;
    this.ended = ended;
  }

  /**
   * A rule on its way to the store.
   *
   * <p>Gets the newest record and the time; returns the record to write, or null to leave it as it
   * is. An exception it throws fails the update.
   */
  public interface Rule extends BiFunction<Job, Instant, @Nullable Job> {}

  /** Claims a job for an attempt. Watchers are told, but the attempt does not wait for that. */
  public Future<Claim> claim(JobId id, Claimant by) {
    return claim(id, by, null);
  }

  /**
   * Claims a job for an attempt.
   *
   * @param under the step of a trace that telling the watchers is part of; null for the one that
   *     made the job
   */
  public Future<Claim> claim(JobId id, Claimant by, @Nullable String under) {
    return patiently(() -> store.get(id))
        .compose(
            found ->
                found.isEmpty()
                    ? Future.succeededFuture(new Claim.Gone())
                    : claim(found.get(), by, under, 0));
  }

  private Future<Claim> claim(Job job, Claimant by, @Nullable String under, int conflicts) {
    ClaimRules.Decision decision = ClaimRules.claim(job, by, clock.instant());
    Job write = decision.write();
    if (write == null) {
      return Future.succeededFuture(decision.outcome());
    }
    return replace(job, write)
        .compose(
            after -> {
              if (after.isEmpty()) {
                return Future.succeededFuture(new Claim.Gone());
              }
              if (after.get().equals(write)) {
                publish(job, write, under);
                return Future.succeededFuture(decision.outcome());
              }
              return conflicts < CONFLICTS_MAX
                  ? claim(after.get(), by, under, conflicts + 1)
                  : Future.failedFuture(tooManyConflicts(job.id()));
            });
  }

  /**
   * Changes a record by a rule and tells the watchers.
   *
   * @param known the newest record the caller has seen: spares a read if it is the newest
   * @return the record as it stands after that; fails with {@link JobError#JOB_NOT_FOUND} if there
   *     is none any more
   */
  public Future<Job> update(Job known, Rule rule) {
    return update(known, rule, null);
  }

  /**
   * Changes a record as {@link #update(Job, Rule)} does.
   *
   * @param under the step of a trace that this is part of; null for the one that made the job
   */
  public Future<Job> update(Job known, Rule rule, @Nullable String under) {
    return write(known, rule, under).compose(written -> written.told().map(written.job()));
  }

  /**
   * A record after a change.
   *
   * @param told completes, and never fails, when the watchers were told of it
   */
  public record Written(Job job, Future<Void> told) {}

  /**
   * Changes a record as {@link #update(Job, Rule)} does, but does not wait until the watchers were
   * told.
   *
   * @param under the step of a trace that this is part of; null for the one that made the job
   */
  public Future<Written> write(Job known, Rule rule, @Nullable String under) {
    return update(known, rule, under, 0)
        .map(
            done ->
                new Written(
                    done.job(), done.written() ? tell(done, under) : Future.succeededFuture()));
  }

  /**
   * Changes a record as {@link #update(Job, Rule)} does, but tells nobody: for what is of no
   * interest to those who watch the job.
   */
  public Future<Job> amend(Job known, Rule rule) {
    return update(known, rule, null, 0).map(Updated::job);
  }

  /** Reads a record and changes it as {@link #update(Job, Rule)} does. */
  public Future<Job> update(JobId id, Rule rule) {
    return patiently(() -> store.get(id))
        .compose(
            found ->
                found.isEmpty() ? Future.failedFuture(noSuchJob(id)) : update(found.get(), rule));
  }

  /**
   * Changes a record as {@link #update(Job, Rule)} does, but tries once and gives up silently: for
   * what is good to know and nobody depends on.
   */
  public void note(Job known, Rule rule) {
    Job next = rule.apply(known, clock.instant());
    if (next != null) {
      store
          .replace(known, next)
          .onSuccess(
              written -> {
                if (written) {
                  publish(known, next, null);
                }
              });
    }
  }

  /**
   * @param before as it was last found
   */
  private record Updated(Job before, Job job, boolean written) {}

  private Future<Updated> update(Job known, Rule rule, @Nullable String under, int conflicts) {
    Job next;
    try {
      next = rule.apply(known, clock.instant());
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
    if (next == null) {
      return Future.succeededFuture(new Updated(known, known, false));
    }
    return step("record", known, next, under, () -> replace(known, next))
        .compose(
            after -> {
              if (after.isEmpty()) {
                return Future.failedFuture(noSuchJob(known.id()));
              }
              if (!after.get().equals(next)) {
                return conflicts < CONFLICTS_MAX
                    ? update(after.get(), rule, under, conflicts + 1)
                    : Future.failedFuture(tooManyConflicts(known.id()));
              }
              return Future.succeededFuture(new Updated(known, next, true));
            });
  }

  /** Tells watchers of a record that was created; whoever created it does not wait for that. */
  void created(Job job) {
    traces.step(
        "event", job.spec().traceparent(), () -> events.publish(JobEvents.JobEvent.of(job)));
  }

  /** Events are best effort: one that cannot be sent must not fail the write it tells of. */
  private Future<Void> tell(Updated done, @Nullable String under) {
    return publish(done.before(), done.job(), under).otherwiseEmpty();
  }

  private Future<Void> publish(Job before, Job written, @Nullable String under) {
    if (written.state().terminal() && !before.state().terminal()) {
      ended.accept(written);
    }
    return step(
        "event", before, written, under, () -> events.publish(JobEvents.JobEvent.of(written)));
  }

  /** A mere sign of life is no step of the job's: there may be one a second. */
  private <T> Future<T> step(
      String name, Job before, Job after, @Nullable String under, Supplier<Future<T>> work) {
    return before.state() == after.state() && before.checkpoint().equals(after.checkpoint())
        ? work.get()
        : traces.step(name, under == null ? after.spec().traceparent() : under, work);
  }

  /** The record after the write: {@code next} if it was applied, another's if not. */
  private Future<Optional<Job>> replace(Job before, Job next) {
    return patiently(
        () ->
            store
                .replace(before, next)
                .compose(
                    written ->
                        written
                            ? Future.succeededFuture(Optional.of(next))
                            : store.get(before.id())));
  }

  private <T> Future<T> patiently(Supplier<Future<T>> call) {
    return patiently(call, 1);
  }

  private <T> Future<T> patiently(Supplier<Future<T>> call, int attempt) {
    return call.get()
        .recover(
            failure -> {
              if (failure instanceof JobException || attempt >= TRIES_MAX) {
                return Future.failedFuture(failure);
              }
              Promise<T> later = Promise.promise();
              clock.after(
                  TRY_AGAIN_FIRST.multipliedBy(1L << (attempt - 1)),
                  () -> patiently(call, attempt + 1).onComplete(later));
              return later.future();
            });
  }

  private static JobException noSuchJob(JobId id) {
    return JobError.JOB_NOT_FOUND.because("there is no job " + id);
  }

  private static JobException tooManyConflicts(JobId id) {
    return JobError.UNAVAILABLE.because("too many writers at once for job " + id);
  }
}
