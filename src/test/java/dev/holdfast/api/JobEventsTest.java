package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Claim;
import dev.holdfast.job.ClaimRules;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The events of one job. */
class JobEventsTest {

  private static final Duration HEARTBEAT = Duration.ofMillis(300);

  @TempDir static Path directory;
  static ApiFixture api;

  @BeforeAll
  static void start() throws Exception {
    api = new ApiFixture(directory, StreamFixture.heartbeat(HEARTBEAT), services -> services);
  }

  @AfterAll
  static void stop() throws Exception {
    StreamFixture.untilStreams(api, 0);
    api.close();
  }

  private static String path(JobId id) {
    return "/v1/jobs/" + id + "/events";
  }

  @Test
  void aSocketHasTheJobAsItIsAndThenWhatHappensToIt() throws Exception {
    JobId id = api.submitted(2);
    SocketClient client = SocketClient.open(api, path(id));

    JsonObject first = client.next();
    assertThat(first.getLong("id")).isEqualTo(1);
    assertThat(first.getString("type")).isEqualTo("state");
    assertThat(first.getJsonObject("job")).isEqualTo(api.get("/v1/jobs/" + id).json());

    Job claimed = api.claimed(id);
    JsonObject second = client.next();
    assertThat(second.getString("type")).isEqualTo("state");
    assertThat(second.getJsonObject("job").getString("state")).isEqualTo("processing");

    Job moved = api.checkpointed(claimed, 1, 1, 10);
    JsonObject third = client.next();
    assertThat(third.getString("type")).isEqualTo("progress");
    assertThat(third.getJsonObject("job").getJsonObject("progress").getLong("done")).isEqualTo(1);

    api.completed(moved, 2, 2, 20);
    JsonObject last = client.next();
    assertThat(last.getLong("id")).isEqualTo(4);
    assertThat(last.getString("type")).isEqualTo("state");
    assertThat(last.getJsonObject("job")).isEqualTo(api.get("/v1/jobs/" + id).json());
    client.closes(1000);
    assertThat(client.frames).isEmpty();
  }

  @Test
  void serverSentEventsSayTheSame() throws Exception {
    JobId id = api.submitted(1);
    SseClient client = SseClient.open(api, path(id));

    SseClient.Event first = client.next();
    assertThat(first.id()).isEqualTo("1");
    assertThat(first.type()).isEqualTo("state");
    assertThat(first.json().getLong("id")).isEqualTo(1);
    assertThat(first.job()).isEqualTo(api.get("/v1/jobs/" + id).json());

    Job claimed = api.claimed(id);
    assertThat(client.next().job().getString("state")).isEqualTo("processing");
    api.completed(claimed, 1, 1, 10);
    SseClient.Event last = client.next();
    assertThat(last.id()).isEqualTo("3");
    assertThat(last.job().getString("state")).isEqualTo("complete");
    client.ends();
  }

  @Test
  void anAttemptThatTakesOverIsAnAttempt() throws Exception {
    JobId id = api.submitted(1);
    Job claimed = api.claimed(id);
    SocketClient client = SocketClient.open(api, path(id));
    client.next();
    ApiFixture.await(
        api.records.update(
            claimed,
            (job, now) ->
                ((Claim.Claimed)
                        ClaimRules.claim(
                                job,
                                new Claimant(
                                    "worker-2",
                                    Job.Place.UNKNOWN,
                                    JobId.randomToken(),
                                    ApiFixture.LEASE,
                                    Claimant.Company.NONE),
                                now.plus(Duration.ofHours(1)))
                            .outcome())
                    .job()));
    JsonObject event = client.next();
    assertThat(event.getString("type")).isEqualTo("attempt");
    assertThat(event.getJsonObject("job").getJsonArray("attempts")).hasSize(2);
    client.close();
  }

  @Test
  void whoComesBackHearsOnlyWhatIsNew() throws Exception {
    JobId id = api.submitted(1);
    Job claimed = api.claimed(id);
    SocketClient has = SocketClient.open(api, path(id) + "?since=2");
    SocketClient hasNot = SocketClient.open(api, path(id) + "?since=1");
    SseClient browser = SseClient.open(api, path(id) + "?since=1", "Last-Event-ID", "2");
    assertThat(hasNot.next().getLong("id")).isEqualTo(2);

    api.completed(claimed, 1, 1, 10);

    assertThat(has.next().getLong("id")).isEqualTo(3);
    assertThat(hasNot.next().getLong("id")).isEqualTo(3);
    assertThat(browser.next().id()).isEqualTo("3");
    has.closes(1000);
    hasNot.closes(1000);
    browser.ends();
  }

  @Test
  void whoSaysItHasAVersionThatThereIsNotHearsWhatThereIs() throws Exception {
    JobId id = api.submitted(1);
    SocketClient client = SocketClient.open(api, path(id) + "?since=99");
    assertThat(client.next().getLong("id")).isEqualTo(1);
    api.completed(api.claimed(id), 1, 1, 10);
    client.closes(1000);
    assertThat(client.frames.stream().reduce((before, last) -> last).orElseThrow().getLong("id"))
        .isEqualTo(3);
    SseClient late = SseClient.open(api, path(id), "Last-Event-ID", "99");
    assertThat(late.next().id()).isEqualTo("3");
    late.ends();
  }

  @Test
  void whoHasTheEndIsToldToComeBackNoMore() throws Exception {
    JobId id = api.submitted(1);
    api.completed(api.claimed(id), 1, 1, 10);

    api.get(path(id), "Accept", "text/event-stream", "Last-Event-ID", "3").is(204);
    SseClient late = SseClient.open(api, path(id), "Last-Event-ID", "2");
    assertThat(late.next().id()).isEqualTo("3");
    late.ends();
    SocketClient socket = SocketClient.open(api, path(id) + "?since=3").closes(1000);
    assertThat(socket.frames).isEmpty();
  }

  @Test
  void whatIsNotThereOrNotAllowedIsAProblemBeforeTheStream() throws Exception {
    String unknown = path(JobId.random());
    api.get(unknown).isProblem(404, JobError.JOB_NOT_FOUND, "there is no job");
    api.get("/v1/jobs/nonsense/events").isProblem(404, JobError.JOB_NOT_FOUND);
    assertThat(rejected(unknown)).isEqualTo(404);
    JobId id = api.submitted(1);
    api.get(path(id), "Accept", "application/json")
        .isProblem(406, JobError.NOT_ACCEPTABLE, "text/event-stream");
    api.get(path(id), "Last-Event-ID", "x").isProblem(400, JobError.INVALID_REQUEST);
    api.get(path(id) + "?since=-1").isProblem(400, JobError.INVALID_REQUEST);
  }

  private static int rejected(String path, String... headers) throws Exception {
    try {
      SocketClient.open(api, path, headers);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UpgradeRejectedException rejected) {
        return rejected.getStatus();
      }
      throw e;
    }
    return 101;
  }

  @Test
  void aPageOfAnotherSiteOpensNoSocket() throws Exception {
    JobId id = api.submitted(1);
    assertThat(rejected(path(id), "Origin", "https://elsewhere.example")).isEqualTo(403);
    assertThat(rejected(path(id), "Origin", "http://127.0.0.1:1")).isEqualTo(403);
    assertThat(rejected(path(id), "Origin", "null")).isEqualTo(403);
    SocketClient.open(api, path(id), "Origin", "http://127.0.0.1:" + api.port).close();
  }

  @Test
  void quietStreamsHaveHeartbeats() throws Exception {
    JobId id = api.submitted(1);
    SocketClient socket = SocketClient.open(api, path(id));
    SseClient sse = SseClient.open(api, path(id));
    for (int beat = 0; beat < 3; beat++) {
      assertThat(socket.pings.poll(5, TimeUnit.SECONDS)).isNotNull();
      assertThat(sse.comments.poll(5, TimeUnit.SECONDS)).isNotNull();
    }
    assertThat(socket.closed).isNotDone();
    socket.close();
    api.post("/v1/jobs/" + id + "/cancel", "").is(200);
    sse.next();
    sse.next();
    sse.ends();
  }
}
