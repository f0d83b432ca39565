package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One stream for many jobs. */
class EventsTest {

  @TempDir static Path directory;
  static ApiFixture api;

  @BeforeAll
  static void start() throws Exception {
    api =
        new ApiFixture(
            directory, StreamFixture.heartbeat(Duration.ofSeconds(15)), services -> services);
  }

  @AfterAll
  static void stop() throws Exception {
    StreamFixture.untilStreams(api, 0);
    api.close();
  }

  private static JobId labelled(String label) throws Exception {
    String body =
        "{\"model\":\"mini\",\"input\":{\"items\":[\"a\"]},\"labels\":{\"team\":\"%s\"}}"
            .formatted(label);
    return new JobId(api.submit(body).is(202).json().getString("id"));
  }

  private static String job(JsonObject event) {
    return event.getJsonObject("job").getString("id");
  }

  /** Follows all until this job is heard of, and then nothing. */
  private static void catchUp(SocketClient client, JobId id) throws Exception {
    awaitEventOf(id, client);
    client.say("{\"unsubscribe\":\"all\"}");
    assertThat(client.next().getString("unsubscribed")).isEqualTo("all");
  }

  private static void awaitEventOf(JobId id, SocketClient client) throws Exception {
    String job = job(client.next());
    while (!job.equals(id.value())) {
      job = job(client.next());
    }
  }

  @Test
  void jobsAreSubscribedByTheirIdsAndUnknownOnesNamed() throws Exception {
    JobId one = api.submitted(1);
    JobId two = api.submitted(1);
    JobId unknown = JobId.random();
    SocketClient client = SocketClient.open(api, "/v1/events");

    client.say("{\"subscribe\":[\"%s\",\"%s\",\"%s\",\"x\"]}".formatted(one, unknown, two));
    List<JsonObject> said = client.until("subscribed");

    JsonObject answer = said.get(said.size() - 1);
    assertThat(said.subList(0, 2))
        .extracting(EventsTest::job)
        .containsExactlyInAnyOrder(one.value(), two.value());
    assertThat(answer.getJsonArray("subscribed"))
        .isEqualTo(new JsonArray().add(one.value()).add(two.value()));
    assertThat(answer.getJsonArray("unknown"))
        .isEqualTo(new JsonArray().add("x").add(unknown.value()));
    assertThat(answer.getJsonObject("error").getString("code")).isEqualTo("job_not_found");

    api.claimed(two);
    assertThat(job(client.next())).isEqualTo(two.value());
    client.say("{\"unsubscribe\":[\"%s\"]}".formatted(two));
    assertThat(client.next().getJsonArray("unsubscribed")).containsExactly(two.value());
    api.post("/v1/jobs/" + two + "/cancel", "").is(200);
    api.claimed(one);
    assertThat(job(client.next())).isEqualTo(one.value());
    client.close();
  }

  @Test
  void whatTheClientHasIsNotSentAgain() throws Exception {
    JobId id = api.submitted(1);
    Job claimed = api.claimed(id);
    SocketClient client = SocketClient.open(api, "/v1/events");
    client.say("{\"subscribe\":[\"%s\"],\"since\":{\"%s\":2}}".formatted(id, id));
    assertThat(client.next().getJsonArray("subscribed")).containsExactly(id.value());

    api.completed(claimed, 1, 1, 10);
    JsonObject end = client.next();
    assertThat(end.getLong("id")).isEqualTo(3);
    assertThat(end.getString("type")).isEqualTo("state");
    assertThat(client.closed).as("a stream for many jobs outlives them").isNotDone();
    client.close();
  }

  @Test
  void labelsAndAllAreFollowedFromNowOn() throws Exception {
    SocketClient mine = SocketClient.open(api, "/v1/events");
    SocketClient all = SocketClient.open(api, "/v1/events");
    for (SocketClient client : List.of(mine, all)) {
      client.say("{\"subscribe\":\"all\"}").until("subscribed");
    }
    JobId before = labelled("search");
    // each instance of the api hears in its own time what other tests' jobs still have to say
    catchUp(mine, before);
    catchUp(all, before);
    mine.say("{\"subscribe\":{\"label\":{\"team\":\"search\"}}}");
    assertThat(mine.next().getJsonObject("subscribed").getJsonObject("label").getString("team"))
        .isEqualTo("search");
    all.say("{\"subscribe\":\"all\"}");
    assertThat(all.next().getString("subscribed")).isEqualTo("all");

    JobId other = labelled("other");
    JobId search = labelled("search");

    assertThat(job(all.next())).isEqualTo(other.value());
    assertThat(job(all.next())).isEqualTo(search.value());
    JsonObject queued = mine.next();
    assertThat(job(queued)).isEqualTo(search.value());
    assertThat(queued.getString("type")).isEqualTo("state");
    assertThat(queued.getJsonObject("job").getString("state")).isEqualTo("queued");

    all.say("{\"unsubscribe\":\"all\"}");
    assertThat(all.next().getString("unsubscribed")).isEqualTo("all");
    api.claimed(search);
    assertThat(job(mine.next())).isEqualTo(search.value());
    assertThat(all.frames).isEmpty();
    mine.close();
    all.close();
  }

  @Test
  void serverSentEventsTakeTheirJobsFromTheQuery() throws Exception {
    JobId one = labelled("sse");
    JobId two = api.submitted(1);
    api.claimed(two);
    SseClient jobs =
        SseClient.open(api, "/v1/events?job=" + one + "&job=" + two, "Last-Event-ID", two + ":2");
    SseClient label = SseClient.open(api, "/v1/events?label=team:sse");
    SseClient all = SseClient.open(api, "/v1/events");

    SseClient.Event first = jobs.next();
    assertThat(first.id()).isEqualTo(one + ":1");
    api.claimed(one);
    assertThat(jobs.next().id()).isEqualTo(one + ":2");
    for (SseClient client : List.of(label, all)) {
      SseClient.Event event = client.next();
      while (!event.id().equals(one + ":2")) {
        event = client.next();
      }
      assertThat(event.type()).isEqualTo("state");
    }
    for (SseClient client : List.of(jobs, label, all)) {
      client.response.body().close();
    }
  }

  @Test
  void aQueryThatMakesNoSenseIsRefused() throws Exception {
    api.get("/v1/events?job=" + JobId.random()).isProblem(404, JobError.JOB_NOT_FOUND);
    api.get("/v1/events?label=x").isProblem(400, JobError.INVALID_REQUEST, "label");
    api.get("/v1/events?jobs=x").isProblem(400, JobError.INVALID_REQUEST, "label");
    api.get("/v1/events", "Last-Event-ID", "7").isProblem(400, JobError.INVALID_REQUEST);
  }
}
