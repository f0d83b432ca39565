package dev.holdfast.worker;

import dev.holdfast.job.Job;
import java.time.Duration;

/** How an attempt ended, and with that what becomes of its delivery. */
sealed interface AttemptEnd {

  /** The job has ended, by this attempt, by another or by a cancel: acknowledge. */
  record Ended(Job job) implements AttemptEnd {}

  /** The job has failed for good: leave a copy with the dead letters, acknowledge. */
  record Dead(Job job) implements AttemptEnd {}

  /** The job is free for another attempt: release. */
  record Free(Job job, Duration delay) implements AttemptEnd {}

  /** The job is another attempt's: forget the delivery, settle nothing. */
  record FencedOut(Job job) implements AttemptEnd {}

  /** The record could not be written: its lease runs out by itself; release. */
  record Abandoned(Throwable why) implements AttemptEnd {}

  /** What lies at the checkpoint is not what was believed: look, adopt, and go on from there. */
  record Restart() implements AttemptEnd {}
}
