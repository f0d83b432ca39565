package dev.holdfast.job;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who may work on a job: the rules of {@link JobLife} that begin an attempt. */
public final class ClaimRules {

  private ClaimRules() {}

  /** A claim's answer and the write that must come before it. */
  public record Decision(@Nullable Job write, Claim outcome) {}

  /**
   * Whether somebody may work on the job.
   *
   * @return the record to write before acting on the outcome, or null if none must be written
   */
  public static Decision claim(Job job, Claimant by, Instant now) {
    if (job.state().terminal()) {
      return new Decision(null, new Claim.Terminal(job));
    }
    Job.Lease lease = job.lease();
    if (lease != null && lease.until().isAfter(now)) {
      return lease.token().equals(by.token())
          ? new Decision(null, new Claim.Claimed(job, job.updatedAt()))
          : new Decision(null, new Claim.Busy(lease.until()));
    }
    if (JobLife.isOverdue(job, now)) {
      return ended(JobLife.overdue(job, now));
    }
    JobEdit edit = job.edit();
    if (job.state() == JobState.PROCESSING) {
      lost(job, edit, now);
    }
    if (edit.spent.suspects() >= JobLife.SUSPECTS_MAX) {
      edit.spent =
          new Job.Spent(
              edit.spent.failures() + 1, edit.spent.interruptions(), edit.spent.suspects());
      return ended(JobLife.fail(edit, killer(edit), now));
    }
    Job.Report exhausted = JobLife.exhausted(edit);
    if (exhausted != null) {
      return ended(JobLife.fail(edit, exhausted, now));
    }
    if (by.company().compareTo(Claimant.Company.after(edit.spent.suspects())) < 0) {
      return new Decision(null, new Claim.Suspect());
    }
    edit.state = JobState.PROCESSING;
    edit.fence++;
    edit.lease = new Job.Lease(by.worker(), by.token(), now.plus(by.leaseLength()));
    edit.wakeAt = JobLife.wake(job.spec(), now.plus(by.leaseLength()).plus(JobLife.WAKE_GRACE));
    long from = edit.checkpoint.nextItem();
    edit.progress = new Job.Progress(from, edit.checkpoint.failed(), edit.progress.total());
    edit.attempts.add(
        new Job.Attempt(
            by.worker(),
            by.place(),
            edit.fence,
            now,
            from,
            from,
            null,
            null,
            null,
            null,
            0,
            edit.spent.suspects() > 0));
    while (edit.attempts.size() > JobLife.ATTEMPTS_KEPT) {
      edit.attempts.remove(0);
    }
    Job claimed = edit.done(now);
    return new Decision(claimed, new Claim.Claimed(claimed, job.updatedAt()));
  }

  /** The attempt begins with the input: from now on the input may be what ends it. */
  public static Job touched(Job job, Duration leaseLength, Instant now) {
    JobEdit edit = job.edit();
    JobLife.renew(edit, leaseLength, now);
    edit.openAttempt(Job.Attempt::touches);
    return edit.done(now);
  }

  private static Decision ended(Job failed) {
    return new Decision(failed, new Claim.Terminal(failed));
  }

  private static Job.Report killer(JobEdit edit) {
    return new Job.Report(
        JobError.WORKER_LOST.code(),
        "%d attempts in a row ended without a word at item %d: the input from there on seems to kill its worker"
            .formatted(edit.spent.suspects(), edit.checkpoint.nextItem()));
  }

  private static void lost(Job job, JobEdit edit, Instant now) {
    edit.endAttempt(Job.Outcome.LOST, null, now);
    edit.spent =
        new Job.Spent(edit.spent.failures(), edit.spent.interruptions() + 1, suspects(job, edit));
  }

  /**
   * How many attempts in a row were deaths, now that the newest has ended in {@code edit}. What a
   * retry has forgiven is not in the record's own count, and stays forgiven.
   */
  static int suspects(Job before, JobEdit edit) {
    return Math.min(before.spent().suspects() + 1, deathsInARow(edit));
  }

  /**
   * How many of the newest attempts ended without a word and without progress. One that turned out
   * to be alive is passed over, and so is one that had not begun with the input: whatever held it
   * up or ended it, it was not the input, but that does not clear the input of the other deaths.
   */
  private static int deathsInARow(JobEdit edit) {
    List<Job.Attempt> attempts = edit.attempts;
    long next = edit.checkpoint.nextItem();
    int deaths = 0;
    for (int i = attempts.size() - 1; i >= 0; i--) {
      Job.Attempt attempt = attempts.get(i);
      boolean dead = attempt.died();
      if (next > attempt.resumedAt() || (!dead && attempt.outcome() != Job.Outcome.FENCED_OUT)) {
        break;
      }
      deaths += dead && !attempt.untouched() ? 1 : 0;
      next = attempt.resumedAt();
    }
    return deaths;
  }
}
