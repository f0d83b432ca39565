package dev.holdfast.worker;

import dev.holdfast.job.Claimant;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobQueue.Delivery;
import dev.holdfast.job.JobQueue.Message;
import dev.holdfast.job.Traces;

/**
 * A delivery whose job a worker wants.
 *
 * @param sinceNanos when the claim was begun: the lease that it wrote runs from no earlier
 * @param acquitted hears that the job needs its turn in the quarantine no longer
 * @param step what is told of it
 */
record Claiming(
    Delivery delivery,
    Claimant by,
    AttemptWatch watch,
    long sinceNanos,
    Runnable acquitted,
    Traces.Step step) {

  /** Begins the step: it follows from the one that made the job. */
  static Traces.Step begin(Delivery delivery, String worker, Traces traces) {
    return traces
        .begin(
            Traces.Kind.CONSUMER,
            "work on job",
            delivery.message().attributes().get(Message.TRACEPARENT))
        .with("holdfast.job", delivery.message().job().value())
        .with("holdfast.worker", worker);
  }

  /** The record as the attempt that claimed it sees it. */
  AttemptRecord record(Job claimed, WorkerServices services) {
    return new AttemptRecord(
            services.records(), claimed, by.token(), by.leaseLength(), services.clock(), sinceNanos)
        .traced(services.traces(), step.with("holdfast.fence", claimed.fence()));
  }

  /** What a claim that succeeded leaves the job under. */
  Probation probation(Job claimed, Clocked clock) {
    return by.company() == Claimant.Company.ANY
        ? Probation.none(clock)
        : Probation.of(claimed, clock, acquitted);
  }
}
