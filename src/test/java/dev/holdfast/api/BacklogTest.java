package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.StatsHistory.Reading;
import dev.holdfast.job.JobState;
import dev.holdfast.world.ManualClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the autoscaler is told, and that it is told nothing rather than something old. */
class BacklogTest {

  private final ManualClock clock = new ManualClock();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final StatsHistory history = new StatsHistory();
  private final Backlog backlog = new Backlog(meters, clock);

  private double gauge(String name, String... tags) {
    return meters.get(name).tags(tags).gauge().value();
  }

  private void read(Map<JobState, Long> counts, long oldestSeconds) {
    Reading reading =
        new Reading(clock.instant(), 10, counts, Duration.ofSeconds(oldestSeconds), 2);
    history.sample(reading);
    backlog.read(reading, history.endsPerSecond(Backlog.PACE_SAMPLES));
  }

  @Test
  void nothingIsKnownBeforeTheFirstReading() {
    assertThat(gauge(Backlog.JOBS, "state", "queued")).isNaN();
    assertThat(gauge(Backlog.OLDEST_AGE)).isNaN();
    assertThat(gauge(Backlog.DRAIN)).isNaN();
  }

  @Test
  void jobsThatHaveNotEndedAreTheBacklog() {
    history.ended(JobState.COMPLETE);
    history.ended(JobState.FAILED);
    read(
        Map.of(
            JobState.QUEUED, 6L,
            JobState.PROCESSING, 3L,
            JobState.INTERRUPTED, 1L,
            JobState.COMPLETE, 900L),
        42);

    assertThat(gauge(Backlog.JOBS, "state", "queued")).isEqualTo(6);
    assertThat(gauge(Backlog.JOBS, "state", "processing")).isEqualTo(3);
    assertThat(gauge(Backlog.JOBS, "state", "interrupted")).isEqualTo(1);
    assertThat(meters.find(Backlog.JOBS).tag("state", "complete").gauge()).isNull();
    assertThat(gauge(Backlog.OLDEST_AGE)).isEqualTo(42);
    assertThat(gauge(Backlog.DRAIN)).as("10 jobs, 2 of which end in 10 s").isEqualTo(50);
  }

  @Test
  void withoutAPaceTheTimeToDrainIsUnknownAndWithoutABacklogItIsZero() {
    read(Map.of(JobState.QUEUED, 5L), 1);
    assertThat(gauge(Backlog.DRAIN)).isNaN();
    read(Map.of(), 0);
    assertThat(gauge(Backlog.DRAIN)).isZero();
    assertThat(gauge(Backlog.JOBS, "state", "queued")).isZero();
  }

  @Test
  void thePaceIsThatOfTheLastSamplesOnly() {
    history.ended(JobState.COMPLETE);
    read(Map.of(JobState.QUEUED, 5L), 1);
    for (int i = 0; i < Backlog.PACE_SAMPLES; i++) {
      read(Map.of(JobState.QUEUED, 5L), 1);
    }
    assertThat(gauge(Backlog.DRAIN)).isNaN();
  }

  @Test
  void whatWasReadTooLongAgoIsNotTold() {
    read(Map.of(JobState.QUEUED, 5L), 1);
    clock.advance(Backlog.STALE);
    assertThat(gauge(Backlog.JOBS, "state", "queued")).isEqualTo(5);
    clock.advance(Duration.ofMillis(1));
    assertThat(gauge(Backlog.JOBS, "state", "queued")).isNaN();
    assertThat(gauge(Backlog.OLDEST_AGE)).isNaN();
  }
}
