package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SubmitTest {

  private static final String SMALL =
      "{\"model\":\"mini\",\"input\":{\"items\":[\"a\",{\"id\":\"x\",\"text\":\"b\"}]}}";

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

  private static Job stored(Answer answer) throws Exception {
    return ApiFixture.await(api.embedded.store().get(new JobId(answer.json().getString("id"))))
        .orElseThrow();
  }

  @Test
  void aSmallJobTravelsInlineAndIsThereWhenItIsAnsweredFor() throws Exception {
    Answer answer =
        api.submit(
            """
            {"model":"mini","input":{"items":["a",{"id":"x","text":"b"}]},
             "labels":{"team":"blue","a.b-c_d":""},"failures_max":5,
             "deadline":"2035-01-31T12:00:00.5+01:00"}""");

    answer.is(202);
    Job job = stored(answer);
    assertThat(answer.header("Location")).isEqualTo("/v1/jobs/" + job.id());
    assertThat(job.spec().input())
        .isEqualTo(new JobSpec.Inline("\"a\"\n{\"id\":\"x\",\"text\":\"b\"}\n", 2));
    assertThat(answer.json().getJsonObject("labels"))
        .isEqualTo(new JsonObject().put("a.b-c_d", "").put("team", "blue"));
    assertThat(answer.json().getString("deadline")).isEqualTo("2035-01-31T11:00:00.500Z");
    assertThat(answer.json().getInteger("failures_max")).isEqualTo(5);
    assertThat(answer.json().getJsonObject("progress").getInteger("total")).isEqualTo(2);
    JsonObject later = api.get(answer.header("Location")).is(200).json();
    assertThat(later.remove("queue")).as("a place is counted for who asks").isNotNull();
    assertThat(later).isEqualTo(answer.json());
  }

  @Test
  void aTraceIsKeptAndWhatIsNoneIsIgnored() throws Exception {
    String trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    assertThat(stored(api.submit(SMALL, "traceparent", trace).is(202)).spec().traceparent())
        .isEqualTo(trace);
    assertThat(stored(api.submit(SMALL, "traceparent", "zz").is(202)).spec().traceparent())
        .isNull();
  }

  @Test
  void aLargeInlineJobBecomesAnObject() throws Exception {
    String texts =
        IntStream.range(0, 200)
            .mapToObj(i -> "\"" + "x".repeat(400) + "\"")
            .collect(Collectors.joining(","));

    Job job =
        stored(api.submit("{\"model\":\"mini\",\"input\":{\"items\":[" + texts + "]}}").is(202));

    JobSpec.Stored input = (JobSpec.Stored) job.spec().input();
    assertThat(input.key()).isEqualTo("inputs/" + job.id() + "/items.jsonl");
    assertThat(input.items()).isEqualTo(200);
    Buffer content = ApiFixture.await(api.embedded.objects().read(input.key(), 0, 1 << 20));
    assertThat(content.toString()).isEqualTo(("\"" + "x".repeat(400) + "\"\n").repeat(200));
    assertThat(input.bytes()).isEqualTo(content.length());
  }

  @Test
  void tensorsAreTakenForATensorModel() throws Exception {
    api.submit(
            """
            {"model":"adder","input":{"items":[
              {"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":[1,2]}]}]}}""")
        .is(202);
  }

  @Test
  void anInputOfTheUsersOwnIsNamedByItsUri() throws Exception {
    Path file = Files.writeString(api.inputRoot.resolve("rows.jsonl"), "\"a\"\n\"b\"\n");
    String body = "{\"model\":\"mini\",\"input\":{\"uri\":\"%s\"}}";

    Job job = stored(api.submit(body.formatted(file.toUri())).is(202));

    assertThat(((JobSpec.External) job.spec().input()).bytes()).isEqualTo(8);
    Path empty = Files.writeString(api.inputRoot.resolve("empty.jsonl"), "");
    api.submit(body.formatted(empty.toUri()))
        .isProblem(422, JobError.EMPTY_INPUT, "at least one line");
    api.submit(body.formatted(api.inputRoot.resolve("none.jsonl").toUri()))
        .isProblem(404, JobError.INPUT_NOT_FOUND, "none.jsonl");
    api.submit(body.formatted("file:///etc/passwd")).isProblem(422, JobError.INPUT_OUTSIDE_ROOT);
  }

  @Test
  void anUploadedInputIsNamedByItsId() throws Exception {
    Answer input =
        api.send(
            "POST", "/v1/inputs", Buffer.buffer("\"a\"\n"), "Content-Type", "application/x-ndjson");
    String id = input.is(201).json().getString("input_id");

    Job job =
        stored(api.submit("{\"model\":\"mini\",\"input\":{\"input_id\":\"" + id + "\"}}").is(202));

    assertThat(job.spec().input())
        .isEqualTo(new JobSpec.Stored("inputs/" + id + "/items.jsonl", 4, null));
    api.submit("{\"model\":\"mini\",\"input\":{\"input_id\":\"in_" + "0".repeat(26) + "\"}}")
        .isProblem(404, JobError.INPUT_NOT_FOUND, "/v1/inputs");
  }

  @Test
  void oneKeyWithOneBodyIsOneJob() throws Exception {
    Answer first = api.submit(SMALL, "Idempotency-Key", "order 66").is(202);
    Answer again = api.submit(SMALL, "Idempotency-Key", "order 66").is(200);

    assertThat(again.json().getString("id")).isEqualTo(first.json().getString("id"));
    assertThat(again.header("Location")).isEqualTo(first.header("Location"));
    api.submit(SMALL + " ", "Idempotency-Key", "order 66")
        .isProblem(422, JobError.IDEMPOTENCY_KEY_REUSED, "same body, or another key");
    assertThat(api.submit(SMALL, "Idempotency-Key", "order 67").is(202).json().getString("id"))
        .isNotEqualTo(first.json().getString("id"));
  }

  @Test
  void aKeyIsHonouredAfterWhatItNamedIsGone() throws Exception {
    Path file = Files.writeString(api.inputRoot.resolve("short-lived.jsonl"), "\"a\"\n");
    String body = "{\"model\":\"mini\",\"input\":{\"uri\":\"" + file.toUri() + "\"}}";
    Answer first = api.submit(body, "Idempotency-Key", "once").is(202);
    Files.delete(file);

    Answer again = api.submit(body, "Idempotency-Key", "once").is(200);

    assertThat(again.json().getString("id")).isEqualTo(first.json().getString("id"));
  }

  @Test
  void parallelSubmitsWithOneKeyMakeOneJob() throws Exception {
    List<CompletableFuture<Answer>> answers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      answers.add(
          api.sendAsync(
              "POST",
              "/v1/jobs",
              Buffer.buffer(SMALL),
              "Content-Type",
              "application/json",
              "Idempotency-Key",
              "parallel"));
    }
    List<Answer> all = new ArrayList<>();
    for (CompletableFuture<Answer> answer : answers) {
      all.add(answer.get(30, TimeUnit.SECONDS));
    }

    assertThat(all.stream().map(a -> a.json().getString("id")).distinct()).hasSize(1);
    assertThat(all.stream().filter(a -> a.status() == 202)).hasSize(1);
    assertThat(all.stream().filter(a -> a.status() == 200)).hasSize(19);
  }

  @Test
  void preferWaitAnswersWithTheEndedJob() throws Exception {
    CompletableFuture<Answer> waiting =
        api.sendAsync(
            "POST",
            "/v1/jobs",
            Buffer.buffer(SMALL),
            "Content-Type",
            "application/json",
            "Prefer",
            "respond-async, wait=20",
            "Idempotency-Key",
            "patient");
    JobId id = JobId.ofKey("patient");
    long limit = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (ApiFixture.await(api.embedded.store().get(id)).isEmpty()) {
      assertThat(System.nanoTime()).isLessThan(limit);
    }
    Job job = api.claimed(id);
    api.completed(job, 2, 0, 0);

    Answer answer = waiting.get(5, TimeUnit.SECONDS).is(200);

    assertThat(answer.json().getString("state")).isEqualTo("complete");
    assertThat(answer.json().getJsonObject("result").getString("href"))
        .isEqualTo("/v1/jobs/" + id + "/result");
    api.submit(SMALL, "Prefer", "wait=1").is(202);
    api.submit(SMALL, "Prefer", "wait=0").is(202);
  }

  @Test
  void listsPageByPageNewestFirst() throws Exception {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      ids.add(
          0,
          api.submit(
                  "{\"model\":\"mini\",\"input\":{\"items\":[\"a\"]},\"labels\":{\"page\":\"a:b\"}}")
              .is(202)
              .json()
              .getString("id"));
    }

    List<String> listed = new ArrayList<>();
    String cursor = "";
    do {
      Answer page = api.get("/v1/jobs?label=page:a%3Ab&state=queued&model=mini&limit=2" + cursor);
      JsonArray jobs = page.is(200).json().getJsonArray("jobs");
      jobs.forEach(job -> listed.add(((JsonObject) job).getString("id")));
      String next = page.json().getString("next_cursor");
      cursor = next == null ? "" : "&cursor=" + next;
    } while (!cursor.isEmpty());

    assertThat(listed).containsExactlyInAnyOrderElementsOf(ids);
    assertThat(api.get("/v1/jobs?label=page:none").is(200).json().getJsonArray("jobs")).isEmpty();
    assertThat(api.get("/v1/jobs").is(200).json().getJsonArray("jobs")).isNotEmpty();
    api.get("/v1/jobs?cursor=nonsense").isProblem(400, JobError.INVALID_CURSOR);
  }

  @Test
  void cancelAndRetryFollowTheRulesOfAJobsLife() throws Exception {
    JobId id = api.submitted(1);
    String path = "/v1/jobs/" + id;

    assertThat(api.post(path + "/cancel", "").is(200).json().getString("state"))
        .isEqualTo(JobState.CANCELLED.wireName());
    api.post(path + "/cancel", "").is(200);
    assertThat(api.post(path + "/retry", "").is(200).json().getString("state"))
        .isEqualTo(JobState.QUEUED.wireName());
    api.completed(api.claimed(id), 1, 0, 0);
    api.post(path + "/cancel", "").isProblem(409, JobError.ILLEGAL_STATE, "not ended");
    api.post(path + "/retry", "").isProblem(409, JobError.ILLEGAL_STATE, "failed or cancelled");
  }
}
