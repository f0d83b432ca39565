package dev.holdfast.worker;

import dev.holdfast.job.ClaimRules;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobState;
import dev.holdfast.job.Traces;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One attempt's view of its job's record. Writes go out one after the other and each is fenced:
 * once another attempt has claimed the job, or it was cancelled, every further write fails with
 * {@link FencedOut}. Thread-safe, since the lease keeper writes too.
 */
final class AttemptRecord {

  /** The attempt's right to write has ended. */
  static final class FencedOut extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Job job;

    private FencedOut(Job job) {
      super("the job belongs to somebody else now", null, false, false);
      this.job = job;
    }

    /** The record that says so. */
    Job job() {
      return job;
    }
  }

  private final JobRecords records;
  private final long fence;
  private final String token;
  private final Duration lease;
  private final Clocked clock;
  private Job latest;
  private @Nullable Instant told;
  private long writtenNanos;
  private Future<?> tail;
  private volatile Traces traces = Traces.OFF;
  private volatile @Nullable String traceparent;

  /**
   * @param claimedNanos when the claim was made, or before: its reply may have been long on its way
   */
  AttemptRecord(
      JobRecords records,
      Job claimed,
      String token,
      Duration lease,
      Clocked clock,
      long claimedNanos) {
    this.records = records;
    this.latest = claimed;
    this.fence = claimed.fence();
    this.token = token;
    this.lease = lease;
    this.clock = clock;
    this.writtenNanos = claimedNanos;
    this.tail = Future.succeededFuture(claimed);
  }

  /** From now on the attempt's work is told as parts of that step. */
  AttemptRecord traced(Traces told, Traces.Step attempt) {
    traces = told;
    traceparent = attempt.traceparent();
    return this;
  }

  /** Goes through a step of the attempt. */
  <T> Future<T> step(String name, Supplier<Future<T>> work) {
    return traces.step(name, traceparent, work);
  }

  /** Tells of items that were inferred within the time that has just passed. */
  void inferred(long nanos, long items) {
    traces
        .begin(Traces.Kind.INTERNAL, "infer", traceparent, nanos)
        .with("holdfast.items", items)
        .end();
  }

  synchronized Job latest() {
    return latest;
  }

  /** How long ago the record was last written by this attempt. */
  synchronized Duration age() {
    return Duration.ofNanos(clock.nanos() - writtenNanos);
  }

  /**
   * How long the job should rest if this attempt fails. The chance in it keeps jobs that fail
   * together apart, and is the same again for the same attempt.
   */
  Duration backoff() {
    Job job = latest();
    long seed = 31L * job.id().value().hashCode() + fence;
    return JobLife.backoff(job.spent().failures() + 1, new SplittableRandom(seed).nextDouble());
  }

  /** Says that the input is begun with, if anybody asks: after a death it might be what kills. */
  Future<Job> touches() {
    Job job = latest();
    return job.attempts().get(job.attempts().size() - 1).untouched()
        ? write((held, now) -> ClaimRules.touched(held, lease, now))
        : Future.succeededFuture(job);
  }

  Future<Job> checkpointed(JobLife.Step step) {
    return write((job, now) -> JobLife.checkpointed(job, step, lease, now));
  }

  Future<Job> completed(JobLife.Step step) {
    return write((job, now) -> JobLife.completed(job, step, now));
  }

  Future<Job> alive(Job.Progress progress) {
    return write((job, now) -> JobLife.alive(job, progress, lease, now));
  }

  /** Renews the lease and leaves the progress as it is. */
  Future<Job> renewed() {
    return write((job, now) -> JobLife.alive(job, job.progress(), lease, now));
  }

  /** Reads the record; fails with {@link FencedOut} if a write would. */
  Future<Job> look() {
    return records.update(
        latest().id(),
        (job, now) -> {
          check(job);
          return null;
        });
  }

  /**
   * This attempt's worker has just heard that it must go.
   *
   * @return when that is, on the stopwatch
   */
  synchronized long mustGo() {
    if (told == null) {
      told = clock.instant();
    }
    return clock.nanos();
  }

  /**
   * Gives the job back since the worker leaves it.
   *
   * @param looseRows how many rows are left for items past the checkpoint
   */
  Future<Job> interrupted(long looseRows) {
    Instant since;
    synchronized (this) {
      since = told;
    }
    return write((job, now) -> JobLife.interrupted(job, since, looseRows, now));
  }

  /** Tells the record that this attempt lives, though it was taken for lost; nobody waits. */
  void fencedOut(Job newest) {
    records.note(newest, (job, now) -> JobLife.fencedOut(job, fence, now));
  }

  /**
   * Writes by a rule once every earlier write has ended. Nobody waits until the watchers were told,
   * so that slow news hold up no checkpoint and no hand-over; but a job's end is told before its
   * message may be acknowledged.
   */
  Future<Job> write(JobRecords.Rule rule) {
    return recorded(rule)
        .compose(
            written ->
                written.job().state().terminal()
                    ? written.told().map(written.job())
                    : Future.succeededFuture(written.job()));
  }

  private synchronized Future<JobRecords.Written> recorded(JobRecords.Rule rule) {
    // a lease runs from when it was written down, not from when the store said so
    AtomicLong ruledNanos = new AtomicLong(clock.nanos());
    Future<JobRecords.Written> written =
        tail.transform(
            before ->
                records
                    .write(
                        latest(),
                        (job, now) -> {
                          check(job);
                          ruledNanos.set(clock.nanos());
                          return rule.apply(job, now);
                        },
                        traceparent)
                    .onSuccess(done -> remember(done.job(), ruledNanos.get())));
    tail = written;
    return written;
  }

  private void check(Job job) {
    Job.Lease held = job.lease();
    if (job.fence() != fence
        || job.state() != JobState.PROCESSING
        || held == null
        || !Objects.equals(held.token(), token)) {
      throw new FencedOut(job);
    }
  }

  private synchronized void remember(Job job, long ruledNanos) {
    latest = job;
    writtenNanos = ruledNanos;
  }
}
