package dev.holdfast.worker;

import dev.holdfast.job.Claimant;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobQueue.Delivery;

/**
 * A delivery whose job a worker wants.
 *
 * @param acquitted hears that the job needs its turn in the quarantine no longer
 */
record Claiming(Delivery delivery, Claimant by, AttemptWatch watch, Runnable acquitted) {

  /** What a claim that succeeded leaves the job under. */
  Probation probation(Job claimed, Clocked clock) {
    return by.company() == Claimant.Company.ANY
        ? Probation.none(clock)
        : Probation.of(claimed, clock, acquitted);
  }
}
