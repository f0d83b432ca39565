package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.ClaimRules;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobSpec;
import dev.holdfast.world.ManualClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** That whoever goes on with a job counts why and where the one before it stopped. */
class WorkerMetricsTest {

  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final Job.Place SPOT = new Job.Place("node-1", "europe-west4-a", true);

  private final ManualClock clock = new ManualClock();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final WorkerMetrics metrics = new WorkerMetrics(meters);

  private Job created() {
    JobSpec spec = new JobSpec("m", new JobSpec.Inline("\"a\"\n", 1), Map.of(), 3, null, null);
    return JobLife.created(JobId.random(), spec, clock.instant());
  }

  private Job claimed(Job job, Job.Place place) {
    return Objects.requireNonNull(
        ClaimRules.claim(
                job,
                new Claimant("worker", place, "token", LEASE, Claimant.Company.NONE),
                clock.instant())
            .write());
  }

  private double interruptions(String after, String zone, String spot) {
    var counter =
        meters
            .find("holdfast.interruptions")
            .tags("after", after, "from_zone", zone, "from_spot", spot)
            .counter();
    return counter == null ? 0 : counter.count();
  }

  @Test
  void aFirstAttemptFollowsNone() {
    metrics.wentOn(claimed(created(), SPOT));
    assertThat(meters.find("holdfast.interruptions").counters()).isEmpty();
  }

  @Test
  void anOrderlyHandOverIsCountedWhereItHappenedAndTimed() {
    Job left = JobLife.interrupted(claimed(created(), SPOT), clock.instant());
    clock.advance(Duration.ofMillis(800));
    metrics.wentOn(claimed(left, Job.Place.UNKNOWN));

    assertThat(interruptions("interrupted", "europe-west4-a", "true")).isEqualTo(1);
    assertThat(meters.get("holdfast.hand.over").timer().totalTime(TimeUnit.MILLISECONDS))
        .isEqualTo(800);
  }

  @Test
  void aLostWorkerIsCountedAndNotTimed() {
    Job held = claimed(created(), Job.Place.UNKNOWN);
    clock.advance(LEASE.plusSeconds(1));
    metrics.wentOn(claimed(held, SPOT));

    assertThat(interruptions("lost", "unknown", "unknown")).isEqualTo(1);
    assertThat(meters.get("holdfast.hand.over").timer().count()).isZero();
  }
}
