package dev.holdfast.job;

import java.time.Instant;

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
    edit.endAttempt(Job.Outcome.INTERRUPTED, Job.Report.of(reason), now);
    edit.spent =
        new Job.Spent(
            job.spent().failures(),
            job.spent().interruptions() + 1,
            ClaimRules.suspects(job, edit));
    Job.Report exhausted = JobLife.exhausted(edit);
    if (exhausted != null) {
      return JobLife.fail(edit, exhausted, now);
    }
    edit.state = JobState.INTERRUPTED;
    edit.lease = null;
    edit.wakeAt = JobLife.wake(job.spec(), now.plus(JobLife.WAKE_GRACE));
    return edit.done(now);
  }
}
