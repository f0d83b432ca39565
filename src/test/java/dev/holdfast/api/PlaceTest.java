package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Claim;
import dev.holdfast.job.ClaimRules;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobSpec;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a client that waits is told about its turn. */
class PlaceTest {

  @TempDir Path directory;

  private static JsonObject queue(JsonObject job) {
    JsonObject queue = job.getJsonObject("queue");
    return queue == null ? new JsonObject() : queue;
  }

  /** After a minute half of it is done. */
  private static String forecast(ApiFixture api, Duration left) throws Exception {
    Instant now = api.clock.instant();
    Instant begun = now.minusSeconds(60);
    JobSpec spec =
        new JobSpec("mini", new JobSpec.Inline("1\n", 100), Map.of(), 3, now.plus(left), null);
    Claim claim =
        ClaimRules.claim(
                JobLife.created(JobId.random(), spec, begun),
                new Claimant(
                    "w",
                    Job.Place.UNKNOWN,
                    JobId.randomToken(),
                    ApiFixture.LEASE,
                    Claimant.Company.NONE),
                begun)
            .outcome();
    Job job =
        JobLife.alive(
            ((Claim.Claimed) claim).job(), new Job.Progress(50, 0, 100L), ApiFixture.LEASE, now);
    ApiFixture.await(api.embedded.store().create(job));
    return api.get("/v1/jobs/" + job.id()).is(200).json().getString("forecast");
  }

  @Test
  void aJobWithADeadlineSaysWhetherItWillBeInTime() throws Exception {
    ApiFixture api = new ApiFixture(directory);
    try {
      assertThat(forecast(api, Duration.ofHours(1))).isEqualTo("on_track");
      assertThat(forecast(api, Duration.ofSeconds(62))).isEqualTo("at_risk");
      assertThat(forecast(api, Duration.ofSeconds(20))).isEqualTo("will_miss");
    } finally {
      api.close();
    }
  }

  @Test
  void aWaitingJobHasItsPlaceAndAnEstimateOnceJobsHaveEnded() throws Exception {
    ApiFixture api = new ApiFixture(directory);
    try {
      SseClient all = SseClient.open(api, "/v1/events");
      JobId first = api.submitted(1);
      assertThat(all.next().job().getString("state")).isEqualTo("queued");
      for (int i = 0; i < 5; i++) {
        JobId id = api.submitted(1);
        Job claimed = api.claimed(id);
        api.completed(claimed, 1, 1, 10);
      }
      JobId last = api.submitted(1);

      SocketClient socket = SocketClient.open(api, "/v1/jobs/" + last + "/events");
      JsonObject job = socket.next().getJsonObject("job");
      assertThat(queue(job).getInteger("position")).isEqualTo(2);
      assertThat(queue(api.get("/v1/jobs/" + first).is(200).json()).getInteger("position"))
          .isEqualTo(1);
      // each context hears the ends by itself
      long limit = System.nanoTime() + 10_000_000_000L;
      while (!queue(api.get("/v1/jobs/" + last).is(200).json()).containsKey("estimate_s")) {
        assertThat(System.nanoTime()).isLessThan(limit);
      }
      api.claimed(last);
      assertThat(socket.next().getJsonObject("job").containsKey("queue")).isFalse();
      assertThat(api.get("/v1/jobs/" + last).is(200).json().containsKey("queue")).isFalse();
      socket.close();
      all.response.body().close();
    } finally {
      api.close();
    }
  }
}
