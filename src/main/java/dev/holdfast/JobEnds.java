package dev.holdfast;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * Counts jobs that have ended, well or not, and what they took. Whoever writes an end down counts
 * it: mostly a worker, but the API ends jobs too, when they are cancelled or overdue. Thread-safe.
 */
final class JobEnds {

  static final String ENDED = "holdfast.jobs.ended";
  static final String BUDGET_SPENT = "holdfast.budget.spent";

  /** Buckets of a part of a whole. */
  private static final double[] SHARES = {0.1, 0.25, 0.5, 0.75, 0.9, 1};

  private final MeterRegistry registry;

  /**
   * Shows everything at 0 at once: what first appears with 1 has never grown for those who look at
   * increases, and Managed Prometheus takes the first value that it sees for the beginning.
   */
  JobEnds(MeterRegistry registry) {
    this.registry = registry;
    for (JobState state : JobState.values()) {
      if (state.terminal()) {
        ended(state, false, 0);
        ended(state, true, 0);
      }
    }
    spent("failures");
    spent("interruptions");
  }

  void count(Job job) {
    ended(job.state(), job.spent().interruptions() > 0, 1);
    spent("failures").record((double) job.spent().failures() / job.spec().failuresMax());
    spent("interruptions").record((double) job.spent().interruptions() / JobSpec.INTERRUPTIONS_MAX);
  }

  private void ended(JobState state, boolean interrupted, int times) {
    registry
        .counter(ENDED, "outcome", state.wireName(), "interrupted", Boolean.toString(interrupted))
        .increment(times);
  }

  private DistributionSummary spent(String budget) {
    return DistributionSummary.builder(BUDGET_SPENT)
        .tag("budget", budget)
        .serviceLevelObjectives(SHARES)
        .register(registry);
  }
}
