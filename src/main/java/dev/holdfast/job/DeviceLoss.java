package dev.holdfast.job;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The rule for a job whose worker's device broke while it inferred the job. The job may be the
 * cause, as an index out of range is on a GPU, and it may be an innocent neighbour.
 */
public final class DeviceLoss {

  private DeviceLoss() {}

  /**
   * The job is free at once and spends no failure. If the attempt got nowhere it is a suspect, as
   * if its worker had died without a word: it will be worked on alone, and the third such attempt
   * in a row is its last.
   */
  public static Job suspected(Job job, JobException reason, Instant now) {
    JobEdit edit = job.edit();
    List<Job.Attempt> attempts = job.attempts();
    long resumedAt = attempts.isEmpty() ? 0 : attempts.get(attempts.size() - 1).resumedAt();
    boolean moved = job.checkpoint().nextItem() > resumedAt;
    edit.spent =
        new Job.Spent(
            job.spent().failures(),
            job.spent().interruptions() + 1,
            moved ? 0 : job.spent().suspects() + 1);
    edit.endAttempt(Job.Outcome.INTERRUPTED, Job.Report.of(reason), now);
    edit.state = JobState.INTERRUPTED;
    edit.lease = null;
    Duration grace = JobLife.WAKE_GRACE;
    Instant deadline = job.spec().deadline();
    Instant wake = now.plus(grace);
    edit.wakeAt = deadline != null && deadline.isBefore(wake) ? deadline : wake;
    return edit.done(now);
  }
}
