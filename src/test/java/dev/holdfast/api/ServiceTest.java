package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobQueue.DeadLetter;
import dev.holdfast.job.WorkerRoster.WorkerReport;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceTest {

  @TempDir static Path directory;
  static ApiFixture api;

  @BeforeAll
  static void start() throws Exception {
    api = new ApiFixture(directory);
  }

  @AfterAll
  static void stop() throws Exception {
    api.close();
  }

  static WorkerReport worker(ApiFixture api, String id, boolean ready, long itemsDone) {
    return new WorkerReport(
        id,
        "127.0.0.1",
        new Job.Place("node-1", "europe-west4-a", true),
        42,
        api.clock.instant(),
        api.clock.instant(),
        ready,
        ready ? null : "loading mini",
        Map.of("mini", ApiFixture.MODEL_DIGEST),
        4,
        1,
        itemsDone,
        24.5,
        9090);
  }

  @Test
  void theModelsAreListed() throws Exception {
    assertThat(api.get("/v1/models").is(200).json().getJsonArray("models").stream())
        .extracting(model -> ((JsonObject) model).getString("name"))
        .containsExactly("mini", "adder");
  }

  @Test
  void workersAndStatsSayWhoServesAndHowFarBehind() throws Exception {
    api.submitted(1);
    ApiFixture.await(api.embedded.roster().report(worker(api, "worker-a", true, 70)));
    ApiFixture.await(api.embedded.roster().report(worker(api, "worker-b", false, 5)));

    Answer workers = api.get("/v1/workers").is(200);
    Answer stats = api.get("/v1/stats").is(200);

    assertThat(workers.json().getJsonArray("workers").stream())
        .extracting(worker -> ((JsonObject) worker).getString("reason"))
        .containsExactlyInAnyOrder(null, "loading mini");
    assertThat(workers.json().getJsonArray("workers").stream())
        .allMatch(
            worker ->
                ((JsonObject) worker).getString("node").equals("node-1")
                    && ((JsonObject) worker).getString("zone").equals("europe-west4-a")
                    && ((JsonObject) worker).getBoolean("spot"));
    assertThat(stats.json().getJsonObject("workers"))
        .isEqualTo(new JsonObject().put("ready", 1).put("total", 2).put("items_done", 75));
    assertThat(stats.json().getJsonObject("jobs").getInteger("queued")).isEqualTo(1);
    assertThat(stats.json().getJsonObject("queue").getInteger("waiting")).isEqualTo(1);
    assertThat(stats.json().getJsonObject("queue").getDouble("oldest_age_s")).isBetween(0.0, 60.0);
  }

  private static final Instant AT = Instant.parse("2026-03-01T12:00:00Z");

  @Test
  void deadLettersSayWhatHasBecomeOfTheirJobs() throws Exception {
    JobId id = api.submitted(1);
    JobId gone = JobId.random();
    ApiFixture.await(
        api.embedded.queue().deadLetter(new DeadLetter(id, "worker_lost: x", 3, 3, AT)));
    ApiFixture.await(
        api.embedded.queue().deadLetter(new DeadLetter(gone, "y", 1, 1, AT.plusMillis(1))));

    JsonArray letters =
        api.get("/v1/dead-letters?limit=5").is(200).json().getJsonArray("dead_letters");

    assertThat(letters)
        .containsExactly(
            new JsonObject()
                .put("job_id", gone.value())
                .put("reason", "y")
                .put("attempts", 1)
                .put("fence", 1)
                .put("at", "2026-03-01T12:00:00.001Z"),
            new JsonObject()
                .put("job_id", id.value())
                .put("reason", "worker_lost: x")
                .put("attempts", 3)
                .put("fence", 3)
                .put("at", "2026-03-01T12:00:00.000Z")
                .put("state", "queued"));
  }

  @Test
  void theContractIsServedAsItIs() throws Exception {
    Answer answer = api.get("/openapi.yaml").is(200);
    assertThat(answer.header("Content-Type")).isEqualTo("application/yaml");
    assertThat(answer.body()).isEqualTo(Files.readString(Path.of("openapi.yaml")));
  }

  @Test
  void theContractIsServedAsJsonToWhoeverWantsThat() throws Exception {
    Answer answer = api.get("/openapi.yaml", "Accept", "application/json").is(200);
    assertThat(answer.json().getString("openapi")).isEqualTo("3.1.0");
  }

  @Test
  void everyOperationOfTheContractAnswers() throws Exception {
    api.get("/v1/jobs/x");
    api.get("/v1/jobs/x/result");
    api.get("/v1/jobs/x/events");
    api.get("/v1/events?job=x");
    api.post("/v1/jobs/x/cancel", "");
    api.post("/v1/jobs/x/retry", "");
    api.get("/v1/inputs/x");
    api.post("/v1/inputs", "");
    api.post("/v1/workers/x/evict", "");
    api.post("/v1/workers/x/kill", "");
    api.get("/v1/stats/history").is(200);
    api.submit("");
    for (String path : new String[] {"jobs", "models", "workers", "dead-letters", "stats"}) {
      api.get("/v1/" + path).is(200);
    }
    api.get("/openapi.yaml").is(200);

    assertThat(api.contract.operationsSeen()).isEqualTo(api.contract.operations());
  }
}
