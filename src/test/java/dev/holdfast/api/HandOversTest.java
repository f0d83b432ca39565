package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.StatsHistory.Reading;
import dev.holdfast.job.ClaimRules;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore.Load;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the last hour's samples say of interruptions and hand-overs. */
class HandOversTest {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private final StatsHistory history = new StatsHistory();
  private final HandOvers handOvers = new HandOvers(history);
  private final JobId job = JobId.random();
  private long version;

  private Optional<Instant> heard(JobState state, long done, double second) {
    return handOvers.heard(
        new JobEvent(job, ++version, state, new Job.Progress(done, 0, 100L)),
        NOON.plusMillis((long) (second * 1000)));
  }

  private JsonObject sample(double seconds) {
    history.sample(
        new Reading(
            NOON.plusMillis((long) (seconds * 1000)),
            10,
            Map.of(JobState.QUEUED, new Load(3, 30)),
            Duration.ofSeconds(4),
            2));
    var samples = history.json().getJsonArray("samples");
    return samples.getJsonObject(samples.size() - 1);
  }

  @Test
  void anEvictionIsTimedFromTheWordOfTheOneToThatOfTheOther() {
    heard(JobState.QUEUED, 0, 0);
    heard(JobState.PROCESSING, 0, 0.1);
    heard(JobState.PROCESSING, 40, 1);
    heard(JobState.INTERRUPTED, 40, 1.5);
    assertThat(heard(JobState.PROCESSING, 40, 1.9)).isEmpty();
    heard(JobState.COMPLETE, 100, 3);

    JsonObject sample = sample(10);
    assertThat(sample.getInteger("interruptions")).isEqualTo(1);
    assertThat(sample.getJsonObject("hand_overs"))
        .isEqualTo(new JsonObject().put("count", 1L).put("median_s", 0.4).put("longest_s", 0.4));
    assertThat(sample.getJsonObject("ended").getInteger("complete")).isEqualTo(1);
    assertThat(sample.getInteger("items")).isEqualTo(100);
    assertThat(sample.getDouble("oldest_age_s")).isEqualTo(4);
    assertThat(sample(20).getInteger("interruptions")).as("counted once").isZero();
  }

  @Test
  void aJobThatFallsBackOrWasSilentIsLookedAt() {
    heard(JobState.PROCESSING, 40, 1);
    assertThat(heard(JobState.PROCESSING, 30, 1.5)).contains(NOON.plusSeconds(1));
    assertThat(heard(JobState.PROCESSING, 50, 2)).isEmpty();
    assertThat(heard(JobState.PROCESSING, 60, 6)).contains(NOON.plusSeconds(2));
  }

  @Test
  void olderNewsThatComeLateSayNothing() {
    heard(JobState.PROCESSING, 40, 1);
    version -= 2;
    assertThat(heard(JobState.INTERRUPTED, 40, 2)).isEmpty();
    assertThat(sample(10).getInteger("interruptions")).isZero();
  }

  @Test
  void anEndThatIsHeardTwiceIsCountedOnce() {
    heard(JobState.PROCESSING, 40, 1);
    heard(JobState.COMPLETE, 100, 2);
    version--;
    heard(JobState.COMPLETE, 100, 3);
    JsonObject sample = sample(10);
    assertThat(sample.getJsonObject("ended").getInteger("complete")).isEqualTo(1);
    assertThat(sample.getInteger("items")).isEqualTo(60);
  }

  @Test
  void aLostWorkersHandOverBeginsWithItsLastSignOfLife(@TempDir Path directory) throws Exception {
    ApiFixture api = new ApiFixture(directory);
    try {
      JobId id = api.submitted(1);
      Instant alive = api.claimed(id).updatedAt();
      Job lost =
          ApiFixture.await(
              api.records.update(
                  id,
                  (before, now) ->
                      ClaimRules.claim(
                              before,
                              new Claimant(
                                  "worker-2",
                                  Job.Place.UNKNOWN,
                                  "t2",
                                  ApiFixture.LEASE,
                                  Claimant.Company.NONE),
                              now.plus(ApiFixture.LEASE).plusSeconds(1))
                          .write()));

      handOvers.read(lost, alive);
      handOvers.read(lost, NOON.plusSeconds(1_000_000_000));

      JsonObject sample = sample(10);
      assertThat(sample.getInteger("interruptions")).isEqualTo(1);
      assertThat(sample.getJsonObject("hand_overs").getDouble("longest_s")).isBetween(31.0, 60.0);
    } finally {
      api.close();
    }
  }

  @Test
  void anHourIsKeptAndNoMore() {
    for (int i = 0; i <= StatsHistory.SAMPLES_MAX; i++) {
      sample(10.0 * i);
    }
    var samples = history.json().getJsonArray("samples");
    assertThat(samples).hasSize(StatsHistory.SAMPLES_MAX);
    assertThat(samples.getJsonObject(0).getString("at")).isEqualTo("2026-03-01T12:00:10.000Z");
  }
}
