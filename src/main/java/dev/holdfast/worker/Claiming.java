package dev.holdfast.worker;

import dev.holdfast.job.Claim;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobQueue.Delivery;
import dev.holdfast.job.JobQueue.Message;
import dev.holdfast.job.Traces;
import io.vertx.core.Future;
import java.util.List;

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

  Future<Claim> claim(WorkerServices services) {
    String under = step.traceparent();
    return services
        .traces()
        .step("claim", under, () -> services.records().claim(delivery.message().job(), by, under));
  }

  /** What is claimed after its delivery was released need not wait for its lease to run out. */
  void giveBack(Claim late, WorkerServices services) {
    if (late instanceof Claim.Claimed claimed) {
      record(claimed.job(), services).interrupted(0);
    }
  }

  /** The record as the attempt that claimed it sees it. */
  AttemptRecord record(Job claimed, WorkerServices services) {
    return new AttemptRecord(
            services.records(), claimed, by.token(), by.leaseLength(), services.clock(), sinceNanos)
        .traced(services.traces(), step.with("holdfast.fence", claimed.fence()));
  }

  /** Whether the job is worked on with nothing beside it until it is acquitted. */
  boolean alone() {
    return by.company() == Claimant.Company.NONE;
  }

  /** What a claim that succeeded leaves the job under. */
  Probation probation(Job claimed, Clocked clock) {
    return alone() || claimed.spent().suspects() > 0 || isAfterDeath(claimed)
        ? Probation.after(claimed, clock, acquitted)
        : Probation.none(clock);
  }

  /** Whether the attempt before this one was a death, however far it had come. */
  private static boolean isAfterDeath(Job claimed) {
    List<Job.Attempt> attempts = claimed.attempts();
    int before = attempts.size() - 2;
    return before >= 0 && attempts.get(before).died();
  }
}
