package dev.holdfast.worker;

import dev.holdfast.job.DeviceLoss;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobState;
import dev.holdfast.worker.InferenceEngine.DeviceLostException;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What becomes of a job whose attempt cannot go on; written to its record where that is due. */
final class AttemptVerdict {

  private static final Logger LOG = LoggerFactory.getLogger(AttemptVerdict.class);

  /** How long a job rests after its worker could not reach something that it needs. */
  private static final Duration UNREACHABLE_DELAY = Duration.ofSeconds(5);

  /** Errors that another attempt would meet again. */
  private static final Set<JobError> HOPELESS =
      EnumSet.of(JobError.INPUT_CHANGED, JobError.INPUT_OUTSIDE_ROOT, JobError.EMPTY_INPUT);

  private AttemptVerdict() {}

  /** Never fails. */
  static Future<AttemptEnd> on(Throwable reason, AttemptRecord record) {
    if (reason instanceof AttemptRecord.FencedOut || reason instanceof PartWriter.StartOver) {
      return Future.succeededFuture(without(reason));
    }
    if (reason instanceof DeviceLostException lost) {
      return suspected(lost, record);
    }
    if (reason instanceof JobException e && e.error() == JobError.DEADLINE_EXCEEDED) {
      return given(record.write(JobLife::overdue), Duration.ZERO);
    }
    if (reason instanceof JobException e && Patience.answers(e)) {
      return failed(e, record);
    }
    if (reason instanceof CancellationException) {
      return left(record, 0);
    }
    // the record does not say why: an attempt that was interrupted with an error counts as a death
    LOG.warn(
        "job {} cannot be gone on with here and is left to another attempt in {} s: {}",
        record.latest().id(),
        UNREACHABLE_DELAY.toSeconds(),
        reason.toString());
    return given(record.interrupted(0), UNREACHABLE_DELAY);
  }

  private static Future<AttemptEnd> failed(JobException reason, AttemptRecord record) {
    boolean again = !HOPELESS.contains(reason.error());
    Duration delay = record.backoff();
    return given(
        record.write((job, now) -> JobLife.attemptFailed(job, reason, again, delay, now)), delay);
  }

  private static Future<AttemptEnd> suspected(DeviceLostException lost, AttemptRecord record) {
    JobException why =
        JobError.WORKER_LOST.because("the worker's device broke: " + lost.getMessage());
    return given(record.write((job, now) -> DeviceLoss.suspected(job, why, now)), Duration.ZERO);
  }

  /**
   * The worker leaves the job to another, which is not the job's fault. Never fails.
   *
   * @param looseRows how many rows it leaves for items past the checkpoint
   */
  static Future<AttemptEnd> left(AttemptRecord record, long looseRows) {
    return given(record.interrupted(looseRows), Duration.ZERO);
  }

  private static Future<AttemptEnd> given(Future<Job> written, Duration delay) {
    return written
        .<AttemptEnd>map(
            job ->
                job.state() == JobState.FAILED
                    ? new AttemptEnd.Dead(job)
                    : new AttemptEnd.Free(job, delay))
        .otherwise(AttemptVerdict::without);
  }

  /** What is to be done when nothing was or could be written. */
  private static AttemptEnd without(Throwable failure) {
    if (failure instanceof AttemptRecord.FencedOut fencedOut) {
      Job job = fencedOut.job();
      return job.state() == JobState.FAILED
          ? new AttemptEnd.Dead(job)
          : job.state().terminal() ? new AttemptEnd.Ended(job) : new AttemptEnd.FencedOut(job);
    }
    return failure instanceof PartWriter.StartOver
        ? new AttemptEnd.Restart()
        : new AttemptEnd.Abandoned(failure);
  }
}
