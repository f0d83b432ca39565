package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.job.Claim;
import dev.holdfast.job.ClaimRules;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobSpec;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JobEndsTest {

  private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final JobEnds ends = new JobEnds(meters);

  private static Job claimed(Job job) {
    Claimant by =
        new Claimant(
            "w", Job.Place.UNKNOWN, "token", Duration.ofSeconds(30), Claimant.Company.NONE);
    return ((Claim.Claimed) ClaimRules.claim(job, by, NOW).outcome()).job();
  }

  @Test
  void everythingIsShownBeforeAnythingHasEnded() {
    assertThat(meters.get(JobEnds.ENDED).counters())
        .hasSize(6)
        .extracting(Counter::count)
        .containsOnly(0.0);
    assertThat(meters.get(JobEnds.BUDGET_SPENT).summaries()).hasSize(2);
  }

  @Test
  void anEndTellsWhetherTheJobWasInterruptedAndWhatOfItsBudgetsIsGone() {
    JobSpec spec = new JobSpec("m", new JobSpec.Inline("\"a\"\n", 1), Map.of(), 3, null, null);
    Job left = JobLife.interrupted(claimed(JobLife.created(JobId.random(), spec, NOW)), NOW);
    JobException why = JobError.INFERENCE_FAILED.because("no");
    ends.count(JobLife.attemptFailed(claimed(left), why, false, Duration.ZERO, NOW));

    assertThat(
            meters
                .get(JobEnds.ENDED)
                .tags("outcome", "failed", "interrupted", "true")
                .counter()
                .count())
        .isEqualTo(1);
    assertThat(meters.get(JobEnds.BUDGET_SPENT).tag("budget", "failures").summary().max())
        .isCloseTo(1.0 / 3, within(1e-9));
    assertThat(meters.get(JobEnds.BUDGET_SPENT).tag("budget", "interruptions").summary().max())
        .isCloseTo(0.001, within(1e-9));
  }
}
