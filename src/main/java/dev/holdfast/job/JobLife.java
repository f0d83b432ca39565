package dev.holdfast.job;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rules of a job's life, as functions from one record to the next. They read no clock, call no
 * port and hold no state: whoever applies one writes its result with a compare-and-set, and applies
 * it again to the newer record if that fails.
 */
public final class JobLife {

  /** How many attempts a record remembers. */
  public static final int ATTEMPTS_KEPT = 50;

  /** Attempts in a row that die without a word and without progress before the job is failed. */
  public static final int SUSPECTS_MAX = 3;

  /** How long after the moment when a job should move by itself the Reconciler looks at it. */
  static final Duration WAKE_GRACE = Duration.ofSeconds(60);

  private static final Duration BACKOFF_FIRST = Duration.ofSeconds(2);
  private static final Duration BACKOFF_MAX = Duration.ofMinutes(5);

  private JobLife() {}

  /** The record of a job that nobody has worked on. */
  public static Job created(JobId id, JobSpec spec, Instant now) {
    Long total =
        spec.input() instanceof JobSpec.Inline inline
            ? Long.valueOf(inline.items())
            : spec.input() instanceof JobSpec.Stored stored && stored.items() != null
                ? Long.valueOf(stored.items())
                : null;
    return new Job(
        id,
        1,
        spec,
        JobState.QUEUED,
        now,
        now,
        null,
        wake(spec, now.plus(WAKE_GRACE)),
        new Job.Progress(0, 0, total),
        Job.Checkpoint.START,
        Job.Spent.NOTHING,
        0,
        null,
        List.of(),
        null,
        null);
  }

  /**
   * Whether {@code worker} may work on the job.
   *
   * @param token random, this attempt's own
   * @param alone whether it would be the only one that the worker works on
   * @return the record to write before acting on the outcome, or null if none must be written
   */
  public static Decision claim(
      Job job, String worker, String token, Instant now, Duration leaseLength, boolean alone) {
    if (job.state().terminal()) {
      return new Decision(null, new Claim.Terminal(job));
    }
    Job.Lease lease = job.lease();
    if (lease != null && lease.until().isAfter(now)) {
      return lease.token().equals(token)
          ? new Decision(null, new Claim.Claimed(job))
          : new Decision(null, new Claim.Busy(lease.until()));
    }
    JobEdit edit = job.edit();
    if (job.state() == JobState.PROCESSING) {
      lost(job, edit, now);
    }
    if (edit.spent.suspects() >= SUSPECTS_MAX) {
      Job failed =
          fail(
              edit,
              new Job.Report(
                  JobError.WORKER_LOST.code(),
                  "%d attempts in a row ended without a word at item %d: the input from there on seems to kill its worker"
                      .formatted(edit.spent.suspects(), edit.checkpoint.nextItem())),
              now);
      return new Decision(failed, new Claim.Terminal(failed));
    }
    if (edit.spent.suspects() > 0 && !alone) {
      return new Decision(null, new Claim.Suspect(job));
    }
    edit.state = JobState.PROCESSING;
    edit.fence++;
    edit.lease = new Job.Lease(worker, token, now.plus(leaseLength));
    edit.wakeAt = wake(job.spec(), now.plus(leaseLength).plus(WAKE_GRACE));
    long from = edit.checkpoint.nextItem();
    edit.progress = new Job.Progress(from, edit.checkpoint.failed(), edit.progress.total());
    edit.attempts.add(new Job.Attempt(worker, edit.fence, now, from, from, null, null, null));
    while (edit.attempts.size() > ATTEMPTS_KEPT) {
      edit.attempts.remove(0);
    }
    Job claimed = edit.done(now);
    return new Decision(claimed, new Claim.Claimed(claimed));
  }

  /** A claim's answer and the write that must come before it. */
  public record Decision(@Nullable Job write, Claim outcome) {}

  /** The attempt lives: its lease and its progress move, its checkpoint does not. */
  public static Job alive(Job job, Job.Progress progress, Duration leaseLength, Instant now) {
    JobEdit edit = job.edit();
    renew(edit, leaseLength, now);
    edit.progress = progress;
    reach(edit, progress.done());
    return edit.done(now);
  }

  /** A part became durable: the checkpoint moves past it. */
  public static Job checkpointed(Job job, Step step, Duration leaseLength, Instant now) {
    JobEdit edit = job.edit();
    renew(edit, leaseLength, now);
    move(edit, step);
    return edit.done(now);
  }

  /** The last part became durable. */
  public static Job completed(Job job, Step step, Instant now) {
    JobEdit edit = job.edit();
    move(edit, step);
    edit.state = JobState.COMPLETE;
    edit.progress =
        new Job.Progress(
            step.checkpoint().nextItem(), step.checkpoint().failed(), step.checkpoint().nextItem());
    edit.endAttempt(Job.Outcome.COMPLETE, null, now);
    return end(edit, now);
  }

  /**
   * @param modelDigest of the model that made the rows up to the checkpoint
   */
  public record Step(Job.Checkpoint checkpoint, Job.Progress progress, String modelDigest) {}

  /** The worker has to go: the job is free at once, and no failure is spent. */
  public static Job interrupted(Job job, Instant now) {
    JobEdit edit = job.edit();
    edit.spent = new Job.Spent(edit.spent.failures(), edit.spent.interruptions() + 1, 0);
    edit.endAttempt(Job.Outcome.INTERRUPTED, null, now);
    if (edit.spent.interruptions() > JobSpec.INTERRUPTIONS_MAX) {
      return fail(
          edit,
          new Job.Report(
              JobError.TOO_MANY_INTERRUPTIONS.code(),
              "interrupted more than %d times".formatted(JobSpec.INTERRUPTIONS_MAX)),
          now);
    }
    edit.state = JobState.INTERRUPTED;
    edit.lease = null;
    edit.wakeAt = wake(job.spec(), now.plus(WAKE_GRACE));
    return edit.done(now);
  }

  /**
   * The attempt failed by the application's fault.
   *
   * @param again whether another attempt could end better
   * @param delay how long to wait before it, from {@link #backoff}
   * @return queued again, or failed if the budget is spent
   */
  public static Job attemptFailed(
      Job job, JobException reason, boolean again, Duration delay, Instant now) {
    JobEdit edit = job.edit();
    Job.Report report = Job.Report.of(reason);
    edit.spent = new Job.Spent(edit.spent.failures() + 1, edit.spent.interruptions(), 0);
    edit.endAttempt(Job.Outcome.FAILED, report, now);
    if (!again || edit.spent.failures() >= job.spec().failuresMax()) {
      return fail(edit, report, now);
    }
    edit.state = JobState.QUEUED;
    edit.lease = null;
    edit.wakeAt = wake(job.spec(), now.plus(delay).plus(WAKE_GRACE));
    return edit.done(now);
  }

  /**
   * How long to wait after a failure: doubles with each, between half and the whole of it.
   *
   * @param failures how many there were, from 1
   * @param random 0 to 1
   */
  public static Duration backoff(int failures, double random) {
    int doublings = Math.min(Math.max(failures - 1, 0), 20);
    long whole = Math.min(BACKOFF_FIRST.toMillis() << doublings, BACKOFF_MAX.toMillis());
    return Duration.ofMillis((long) (whole * (0.5 + random / 2)));
  }

  /** Nobody wants the job any more. Lawful unless it has ended. */
  public static Job cancelled(Job job, Instant now) {
    JobEdit edit = job.edit();
    edit.state = JobState.CANCELLED;
    edit.endAttempt(Job.Outcome.CANCELLED, null, now);
    return end(edit, now);
  }

  /** A failed or cancelled job gets its budgets back and goes on from its checkpoint. */
  public static Job retried(Job job, Instant now) {
    JobEdit edit = job.edit();
    edit.state = JobState.QUEUED;
    edit.spent = Job.Spent.NOTHING;
    edit.error = null;
    edit.endedAt = null;
    if (edit.checkpoint.nextItem() == 0) {
      edit.modelDigest = null;
    }
    edit.wakeAt = wake(job.spec(), now.plus(WAKE_GRACE));
    return edit.done(now);
  }

  /** The deadline has passed. */
  public static Job overdue(Job job, Instant now) {
    JobEdit edit = job.edit();
    Job.Report report =
        new Job.Report(
            JobError.DEADLINE_EXCEEDED.code(),
            "the job had not ended by its deadline, %s".formatted(job.spec().deadline()));
    edit.endAttempt(Job.Outcome.FAILED, report, now);
    return fail(edit, report, now);
  }

  /** The Reconciler has seen to the job; it looks again when the job is twice as old. */
  public static Job looked(Job job, Instant now) {
    JobEdit edit = job.edit();
    Duration age = Duration.between(job.createdAt(), now);
    Duration again = age.compareTo(WAKE_GRACE) > 0 ? age : WAKE_GRACE;
    edit.wakeAt = wake(job.spec(), now.plus(again));
    return edit.done(now);
  }

  private static void lost(Job job, JobEdit edit, Instant now) {
    List<Job.Attempt> attempts = job.attempts();
    boolean moved =
        !attempts.isEmpty()
            && job.checkpoint().nextItem() > attempts.get(attempts.size() - 1).resumedAt();
    edit.spent =
        new Job.Spent(
            edit.spent.failures(),
            edit.spent.interruptions() + 1,
            moved ? 0 : edit.spent.suspects() + 1);
    edit.endAttempt(Job.Outcome.LOST, null, now);
  }

  private static void renew(JobEdit edit, Duration leaseLength, Instant now) {
    Job.Lease lease = edit.lease;
    if (lease != null) {
      edit.lease = new Job.Lease(lease.worker(), lease.token(), now.plus(leaseLength));
    }
    edit.wakeAt = wake(edit.spec(), now.plus(leaseLength).plus(WAKE_GRACE));
  }

  private static void move(JobEdit edit, Step step) {
    edit.checkpoint = step.checkpoint();
    edit.progress = step.progress();
    edit.modelDigest = step.modelDigest();
    reach(edit, step.progress().done());
  }

  private static void reach(JobEdit edit, long item) {
    edit.openAttempt(
        a ->
            new Job.Attempt(
                a.worker(),
                a.fence(),
                a.started(),
                a.resumedAt(),
                Math.max(a.reached(), item),
                null,
                null,
                null));
  }

  private static Job fail(JobEdit edit, Job.Report report, Instant now) {
    edit.state = JobState.FAILED;
    edit.error = report;
    return end(edit, now);
  }

  private static Job end(JobEdit edit, Instant now) {
    edit.lease = null;
    edit.endedAt = now;
    edit.wakeAt = now.plus(Job.KEPT_AFTER_END);
    return edit.done(now);
  }

  private static Instant wake(JobSpec spec, Instant at) {
    Instant deadline = spec.deadline();
    return deadline != null && deadline.isBefore(at) ? deadline : at;
  }
}
