package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.job.Claim;
import dev.holdfast.job.ClaimRules;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Claimant.Company;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.world.ManualClock;
import dev.holdfast.world.ScriptedEngine;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** That whoever goes on with a job counts why and where the one before it stopped. */
class WorkerMetricsTest {

  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final Job.Place SPOT =
      new Job.Place("node-1", "europe-west4-a", true, "g2-standard-8");

  private final ManualClock clock = new ManualClock();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final WorkerMetrics metrics = new WorkerMetrics(meters);

  private Job created() {
    JobSpec spec = new JobSpec("m", new JobSpec.Inline("\"a\"\n", 1), Map.of(), 3, null, null);
    return JobLife.created(JobId.random(), spec, clock.instant());
  }

  private Claim.Claimed claimed(Job job, Job.Place place) {
    Claimant by = new Claimant("worker", place, "token", LEASE, Company.NONE);
    return (Claim.Claimed) ClaimRules.claim(job, by, clock.instant()).outcome();
  }

  /** And its counter's zero has been read. */
  private void wentOn(Claim.Claimed claimed) {
    metrics.wentOn(claimed, 0);
    metrics.settle(SeenFromZero.READ_WITHIN.toNanos());
  }

  private double interruptions(String after, String zone, String spot, String machine) {
    return meters
        .get("holdfast.interruptions")
        .tags("after", after, "from_zone", zone, "from_spot", spot, "from_machine", machine)
        .counter()
        .count();
  }

  private double total(String timer) {
    return meters.get(timer).timer().totalTime(TimeUnit.MILLISECONDS);
  }

  @Test
  void aFirstAttemptFollowsNone() {
    wentOn(claimed(created(), SPOT));
    assertThat(meters.find("holdfast.interruptions").counters()).isEmpty();
  }

  @Test
  void whatBeginsACounterIsCountedOnceItsZeroWasRead() {
    Job left = JobLife.interrupted(claimed(created(), SPOT).job(), clock.instant());
    long read = SeenFromZero.READ_WITHIN.toNanos();
    metrics.wentOn(claimed(left, SPOT), 5);
    metrics.wentOn(claimed(left, SPOT), 6);
    metrics.settle(4 + read);
    assertThat(interruptions("interrupted", "europe-west4-a", "true", "g2-standard-8")).isZero();
    metrics.settle(5 + read);
    assertThat(interruptions("interrupted", "europe-west4-a", "true", "g2-standard-8"))
        .isEqualTo(2);
    metrics.wentOn(claimed(left, SPOT), 5 + read);
    metrics.settle(5 + 2 * read);
    assertThat(interruptions("interrupted", "europe-west4-a", "true", "g2-standard-8"))
        .isEqualTo(3);
  }

  @Test
  void anOrderlyHandOverIsCountedWhereItHappenedAndTimed() {
    Job held = claimed(created(), SPOT).job();
    Instant told = clock.instant();
    clock.advance(Duration.ofMillis(300));
    Job left = JobLife.interrupted(held, told, 0, clock.instant());
    clock.advance(Duration.ofMillis(800));
    wentOn(claimed(left, Job.Place.UNKNOWN));

    assertThat(interruptions("interrupted", "europe-west4-a", "true", "g2-standard-8"))
        .isEqualTo(1);
    assertThat(total("holdfast.hand.over")).isEqualTo(800);
    assertThat(total("holdfast.grace.used")).isEqualTo(300);
    assertThat(meters.get("holdfast.recovery").timer().count()).isZero();
  }

  @Test
  void whoLeavesUnaskedUsesNoGrace() {
    Job left = JobLife.interrupted(claimed(created(), SPOT).job(), clock.instant());
    wentOn(claimed(left, SPOT));
    assertThat(meters.get("holdfast.hand.over").timer().count()).isEqualTo(1);
    assertThat(meters.get("holdfast.grace.used").timer().count()).isZero();
  }

  @Test
  void aLostWorkerIsCountedAndTimedFromItsLastSignOfLife() {
    Job held = claimed(created(), Job.Place.UNKNOWN).job();
    clock.advance(Duration.ofSeconds(5));
    Job alive = JobLife.alive(held, held.progress(), LEASE, clock.instant());
    clock.advance(LEASE.plusSeconds(1));
    wentOn(claimed(alive, SPOT));

    assertThat(interruptions("lost", "unknown", "unknown", "unknown")).isEqualTo(1);
    assertThat(meters.get("holdfast.hand.over").timer().count()).isZero();
    assertThat(total("holdfast.recovery")).isEqualTo(31_000);
  }

  @Test
  void aBatchIsFullByItsItemsOrByItsTokens() {
    BatchLimits bounds = new BatchLimits(8, 100, Duration.ZERO);
    metrics.batch(2, 20, bounds);
    assertThat(meters.get("holdfast.batch.fill").summary().max()).isEqualTo(0.25);
    metrics.batch(2, 90, bounds);
    assertThat(meters.get("holdfast.batch.fill").summary().max()).isEqualTo(0.9);
  }

  @Test
  void costIsThePriceOfTheTimeSinceTheBeginning() {
    AtomicLong nanos = new AtomicLong(5);
    WorkerCost.count(meters, 0.5, nanos::get);
    nanos.addAndGet(Duration.ofHours(3).toNanos());
    assertThat(meters.get("holdfast.cost").functionCounter().count()).isCloseTo(1.5, within(1e-9));
  }

  @Test
  void showsHowAModelIsRun() throws Exception {
    metrics.runs(new ScriptedEngine("digest", 3).load(ScriptedEngine.spec(8, 100)));
    assertThat(meters.get("holdfast.lanes").tag("model", "scripted").gauge().value()).isEqualTo(3);
    assertThat(meters.get("holdfast.batch.limit.items").gauge().value()).isEqualTo(8);
    assertThat(meters.get("holdfast.batch.limit.tokens").gauge().value()).isEqualTo(100);
    assertThat(meters.get("holdfast.batch.limit.delay").gauge().value()).isEqualTo(1e-3);
  }
}
