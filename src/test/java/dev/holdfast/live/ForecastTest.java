package dev.holdfast.live;

import static dev.holdfast.contract.Jobs.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.contract.Jobs;
import dev.holdfast.job.Claim;
import dev.holdfast.job.ClaimRules;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import io.vertx.core.Future;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Where a job stands, and whether it will be in time. */
class ForecastTest {

  private static final Duration LEASE = Duration.ofMinutes(10);

  private final FeedWorld world = new FeedWorld();
  private final DrainRate drain = new DrainRate(world.clock);

  private static Job queued(@Nullable Instant deadline) {
    JobSpec spec = new JobSpec("m", new JobSpec.Inline("1\n", 100), Map.of(), 3, deadline, null);
    return JobLife.created(JobId.random(), spec, NOON);
  }

  /** After ten seconds a tenth of it is done, so it will take until 100 s after noon. */
  private static Job running(@Nullable Instant deadline) {
    Claim claim =
        ClaimRules.claim(
                queued(deadline),
                new Claimant(
                    "w", Job.Place.UNKNOWN, JobId.randomToken(), LEASE, Claimant.Company.NONE),
                NOON)
            .outcome();
    return JobLife.alive(
        ((Claim.Claimed) claim).job(), new Job.Progress(10, 0, 100L), LEASE, NOON.plusSeconds(10));
  }

  private static @Nullable Forecast forecast(Job job, @Nullable Place place) {
    return Forecast.of(new Snapshot(job, place), NOON.plusSeconds(10)).orElse(null);
  }

  @Test
  void aRunningJobIsMeasuredByItsOwnSpeed() {
    assertThat(forecast(running(NOON.plusSeconds(200)), null)).isEqualTo(Forecast.ON_TRACK);
    assertThat(forecast(running(NOON.plusSeconds(105)), null)).isEqualTo(Forecast.AT_RISK);
    assertThat(forecast(running(NOON.plusSeconds(50)), null)).isEqualTo(Forecast.WILL_MISS);
    assertThat(forecast(running(null), null)).isNull();
  }

  @Test
  void aWaitingJobCanOnlyWaitForTooLong() {
    Job job = queued(NOON.plusSeconds(110));
    assertThat(forecast(job, null)).isNull();
    assertThat(forecast(job, new Place(1, null))).isNull();
    assertThat(forecast(job, new Place(1, Duration.ofSeconds(5)))).isNull();
    assertThat(forecast(job, new Place(9, Duration.ofSeconds(95)))).isEqualTo(Forecast.AT_RISK);
    assertThat(forecast(job, new Place(9, Duration.ofMinutes(5)))).isEqualTo(Forecast.WILL_MISS);
  }

  @Test
  void anInterruptedJobHasTheSpeedItHad() {
    Job job = JobLife.interrupted(running(NOON.plusSeconds(150)), NOON.plusSeconds(10));
    assertThat(forecast(job, new Place(1, Duration.ofSeconds(1)))).isEqualTo(Forecast.ON_TRACK);
    assertThat(forecast(job, new Place(1, Duration.ofMinutes(1)))).isEqualTo(Forecast.AT_RISK);
    assertThat(forecast(JobLife.cancelled(job, NOON.plusSeconds(10)), null)).isNull();
  }

  private void end(JobState state) {
    drain.heard(new JobEvent(JobId.random(), 3, state, new Job.Progress(1, 0, 1L)));
  }

  @Test
  void theRateIsThatOfJobsThatEndedLately() {
    for (int i = 0; i < 3; i++) {
      end(JobState.COMPLETE);
      end(JobState.CANCELLED);
      world.advance(Duration.ofSeconds(2));
    }
    assertThat(drain.perSecond()).as("three ends are chance").isEmpty();
    end(JobState.FAILED);
    assertThat(drain.perSecond()).hasValue(0.5);
    world.advance(Duration.ofSeconds(6));
    assertThat(drain.perSecond()).as("slower while nothing ends").hasValue(0.25);
    world.advance(Duration.ofHours(1));
    assertThat(drain.perSecond()).isEmpty();
  }

  @Test
  void anEndThatIsToldTwiceCountsOnce() {
    JobEvent event = new JobEvent(JobId.random(), 3, JobState.COMPLETE, new Job.Progress(1, 0, 1L));
    for (int i = 0; i < 10; i++) {
      drain.heard(event);
    }
    assertThat(drain.perSecond()).isEmpty();
  }

  @Test
  void aPlaceIsCountedNowAndThenAndSaysHowLongItTakes() {
    List<Instant> counted = new ArrayList<>();
    Places places =
        new Places(
            createdAt -> {
              counted.add(createdAt);
              return Future.succeededFuture(9L);
            },
            drain,
            world.clock);
    Job job = queued(null);
    assertThat(places.of(job).result()).isEqualTo(new Place(10, null));
    for (int i = 0; i < 5; i++) {
      end(JobState.COMPLETE);
      world.advance(Duration.ofMillis(500));
    }
    assertThat(places.of(job).result()).isEqualTo(new Place(10, Duration.ofMillis(6_250)));
    assertThat(counted).hasSize(1);
    world.advance(Duration.ofSeconds(1));
    places.of(job);
    assertThat(counted).hasSize(2);
    assertThat(places.of(running(null)).result()).isNull();
  }

  @Test
  void placesAreNotCountedForEveryoneAtOnceAndAFailureIsNoPlace() {
    Places places = new Places(createdAt -> Future.succeededFuture(1L), drain, world.clock);
    int known = 0;
    for (int i = 0; i < 100; i++) {
      Job job = waiting(i);
      known += places.of(job).result() == null ? 0 : 1;
    }
    assertThat(known).isEqualTo(20);
    Places broken =
        new Places(at -> Future.failedFuture(new IOException("down")), drain, world.clock);
    assertThat(broken.of(queued(null)).result()).isNull();
  }

  private static Job waiting(int second) {
    return Jobs.queued(NOON.plusSeconds(second));
  }
}
