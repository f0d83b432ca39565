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

  /** How long after a job's parts could not be deleted the Reconciler tries again. */
  private static final Duration FORGET_AGAIN = Duration.ofHours(1);

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
        null,
        null);
  }

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
    return interrupted(job, null, 0, now);
  }

  /**
   * The worker has to go, as {@link #interrupted(Job, Instant)}.
   *
   * @param told since when it knows, or null if nobody told it
   * @param looseRows how many rows it left for items past its checkpoint
   */
  public static Job interrupted(Job job, @Nullable Instant told, long looseRows, Instant now) {
    JobEdit edit = job.edit();
    edit.openAttempt(attempt -> attempt.leaves(told, looseRows));
    edit.spent = new Job.Spent(edit.spent.failures(), edit.spent.interruptions() + 1, 0);
    edit.endAttempt(Job.Outcome.INTERRUPTED, null, now);
    Job.Report exhausted = exhausted(edit);
    if (exhausted != null) {
      return fail(edit, exhausted, now);
    }
    edit.state = JobState.INTERRUPTED;
    edit.lease = null;
    edit.wakeAt = wake(job.spec(), now.plus(WAKE_GRACE));
    return edit.done(now);
  }

  /** Why a job goes no further that was interrupted once more, or null if it may. */
  static Job.@Nullable Report exhausted(JobEdit edit) {
    return edit.spent.interruptions() <= JobSpec.INTERRUPTIONS_MAX
        ? null
        : new Job.Report(
            JobError.TOO_MANY_INTERRUPTIONS.code(),
            "interrupted more than %d times".formatted(JobSpec.INTERRUPTIONS_MAX));
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
    edit.webhook = null;
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

  /** Whether the job should have ended by now. */
  public static boolean isOverdue(Job job, Instant now) {
    Instant deadline = job.spec().deadline();
    return deadline != null && !deadline.isAfter(now);
  }

  /**
   * An attempt that was taken for lost lives, and has found that it is fenced out: how and when it
   * ended is put right. It is the one thing that an attempt may write without a lease, so nothing
   * else of the record moves.
   *
   * @param fence the attempt's
   * @return null if there is nothing to put right, or the job has ended
   */
  public static @Nullable Job fencedOut(Job job, long fence, Instant now) {
    if (job.state().terminal()) {
      return null;
    }
    JobEdit edit = job.edit();
    edit.attempts.replaceAll(
        a ->
            a.fence() == fence && a.outcome() == Job.Outcome.LOST
                ? a.ended(Job.Outcome.FENCED_OUT, a.error(), now)
                : a);
    return edit.attempts.equals(job.attempts()) ? null : edit.done(now);
  }

  /** The Reconciler sends the job's message again; if that comes to nothing it looks again soon. */
  static Job resending(Job job, Instant now) {
    JobEdit edit = job.edit();
    edit.wakeAt = wake(job.spec(), now.plus(WAKE_GRACE));
    return edit.done(now);
  }

  /** The job's message is out again; the Reconciler looks again when the job is twice as old. */
  public static Job looked(Job job, Instant now) {
    JobEdit edit = job.edit();
    Duration age = Duration.between(job.createdAt(), now);
    Duration again = age.compareTo(WAKE_GRACE) > 0 ? age : WAKE_GRACE;
    edit.wakeAt = wake(job.spec(), now.plus(again));
    return edit.done(now);
  }

  /**
   * The Reconciler could not see to the job, and tries again later, so that those behind it have
   * their turn.
   *
   * @return null if it is not due any more
   */
  static @Nullable Job putOff(Job job, Instant now) {
    if (job.wakeAt().isAfter(now)) {
      return null;
    }
    if (job.untold() && now.isBefore(job.keptUntil())) {
      return WebhookLife.putOff(job, now);
    }
    JobEdit edit = job.edit();
    // not by its deadline, which may have passed; nobody waits for the end of what has ended
    edit.wakeAt = now.plus(job.state().terminal() ? FORGET_AGAIN : WAKE_GRACE);
    return edit.done(now);
  }

  static void renew(JobEdit edit, Duration leaseLength, Instant now) {
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
    edit.openAttempt(a -> a.reached(item));
  }

  /** Ends the job for a reason. */
  static Job fail(JobEdit edit, Job.Report report, Instant now) {
    edit.state = JobState.FAILED;
    edit.error = report;
    return end(edit, now);
  }

  private static Job end(JobEdit edit, Instant now) {
    edit.lease = null;
    edit.endedAt = now;
    edit.wakeAt = now.plus(Job.KEPT_AFTER_END);
    WebhookLife.ended(edit, now);
    return edit.done(now);
  }

  /** The deadline, if it comes before {@code at}. */
  static Instant wake(JobSpec spec, Instant at) {
    Instant deadline = spec.deadline();
    return deadline != null && deadline.isBefore(at) ? deadline : at;
  }
}
