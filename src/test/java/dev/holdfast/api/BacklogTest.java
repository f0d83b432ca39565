package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.StatsHistory.Reading;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore.Load;
import dev.holdfast.world.ManualClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the autoscaler is told, and that it is told nothing rather than something old. */
class BacklogTest {

  private static final Map<JobState, Load> FIVE = Map.of(JobState.QUEUED, new Load(5, 50));

  private final ManualClock clock = new ManualClock();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final StatsHistory history = new StatsHistory();
  private final Backlog backlog = new Backlog(meters, clock);

  private double gauge(String name, String... tags) {
    return meters.get(name).tags(tags).gauge().value();
  }

  private void read(Map<JobState, Load> left, long oldestSeconds) {
    Reading reading = new Reading(clock.instant(), 10, left, Duration.ofSeconds(oldestSeconds), 2);
    history.sample(reading);
    backlog.read(reading, history.itemsPerSecond(Backlog.PACE_SAMPLES));
  }

  @Test
  void nothingIsKnownBeforeTheFirstReading() {
    assertThat(gauge(Backlog.JOBS, "state", "queued")).isNaN();
    assertThat(gauge(Backlog.ITEMS, "state", "queued")).isNaN();
    assertThat(gauge(Backlog.OLDEST_AGE)).isNaN();
    assertThat(gauge(Backlog.DRAIN)).isNaN();
  }

  @Test
  void jobsThatHaveNotEndedAndTheirItemsAreTheBacklog() {
    history.made(2_000);
    read(
        Map.of(
            JobState.QUEUED, new Load(6, 6_000),
            JobState.PROCESSING, new Load(3, 3_900),
            JobState.INTERRUPTED, new Load(1, 100)),
        42);

    assertThat(gauge(Backlog.JOBS, "state", "queued")).isEqualTo(6);
    assertThat(gauge(Backlog.JOBS, "state", "processing")).isEqualTo(3);
    assertThat(gauge(Backlog.JOBS, "state", "interrupted")).isEqualTo(1);
    assertThat(gauge(Backlog.ITEMS, "state", "queued")).isEqualTo(6_000);
    assertThat(gauge(Backlog.ITEMS, "state", "processing")).isEqualTo(3_900);
    assertThat(gauge(Backlog.ITEMS, "state", "interrupted")).isEqualTo(100);
    assertThat(meters.find(Backlog.JOBS).tag("state", "complete").gauge()).isNull();
    assertThat(gauge(Backlog.OLDEST_AGE)).isEqualTo(42);
    assertThat(gauge(Backlog.DRAIN)).as("10,000 items at 2,000 in 10 s").isEqualTo(50);
  }

  @Test
  void withoutAPaceTheTimeToDrainIsUnknownAndWithoutABacklogItIsZero() {
    read(FIVE, 1);
    assertThat(gauge(Backlog.DRAIN)).isNaN();
    read(Map.of(), 0);
    assertThat(gauge(Backlog.DRAIN)).isZero();
    assertThat(gauge(Backlog.JOBS, "state", "queued")).isZero();
    assertThat(gauge(Backlog.ITEMS, "state", "queued")).isZero();
  }

  @Test
  void thePaceIsThatOfTheLastSamplesOnly() {
    history.made(500);
    read(FIVE, 1);
    assertThat(gauge(Backlog.DRAIN)).isEqualTo(1);
    for (int i = 0; i < Backlog.PACE_SAMPLES; i++) {
      read(FIVE, 1);
    }
    assertThat(gauge(Backlog.DRAIN)).isNaN();
  }

  @Test
  void whatWasReadTooLongAgoIsNotTold() {
    read(FIVE, 1);
    clock.advance(Backlog.STALE);
    assertThat(gauge(Backlog.JOBS, "state", "queued")).isEqualTo(5);
    clock.advance(Duration.ofMillis(1));
    assertThat(gauge(Backlog.JOBS, "state", "queued")).isNaN();
    assertThat(gauge(Backlog.ITEMS, "state", "queued")).isNaN();
    assertThat(gauge(Backlog.OLDEST_AGE)).isNaN();
  }
}
