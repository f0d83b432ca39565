package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients of streams that ask for too much, say what they must not, or fall silent. */
class HostileStreamsTest {

  private static final Duration HEARTBEAT = Duration.ofMillis(600);
  private static final int STREAMS_MAX = 8;
  private static final int SUBSCRIPTIONS_MAX = 5;
  private static final int FRAME_BYTES_MAX = 4_096;
  private static final int FRAMES_PER_SECOND_MAX = 10;
  private static final int WAITING_MAX = 20;

  @TempDir static Path directory;
  static ApiFixture api;

  @BeforeAll
  static void start() throws Exception {
    api =
        new ApiFixture(
            directory,
            StreamFixture.limits(
                new ApiOptions.Streams(
                    STREAMS_MAX,
                    SUBSCRIPTIONS_MAX,
                    FRAME_BYTES_MAX,
                    FRAMES_PER_SECOND_MAX,
                    WAITING_MAX,
                    HEARTBEAT,
                    2)),
            services -> services);
  }

  @AfterEach
  void nothingIsLeftOpen() {
    StreamFixture.untilStreams(api, 0);
  }

  @AfterAll
  static void stop() throws Exception {
    api.get("/v1/stats").is(200);
    api.close();
  }

  @Test
  void onlySoManyStreamsAtOnce() throws Exception {
    JobId id = api.submitted(1);
    String path = "/v1/jobs/" + id + "/events";
    List<SocketClient> clients = new ArrayList<>();
    for (int i = 0; i < STREAMS_MAX; i++) {
      clients.add(SocketClient.open(api, path));
    }
    Answer refused = api.get(path).isProblem(503, JobError.UNAVAILABLE, "8 streams");
    assertThat(refused.header("Retry-After")).isEqualTo("5");
    api.get("/v1/jobs/" + id).is(200);
    for (SocketClient client : clients) {
      client.close();
    }
    StreamFixture.untilStreams(api, 0);
    SocketClient.open(api, path).close();
  }

  @Test
  void onlySoManySubscriptionsOnASocket() throws Exception {
    SocketClient client = SocketClient.open(api, "/v1/events");
    JsonArray jobs = new JsonArray();
    for (int i = 0; i < SUBSCRIPTIONS_MAX; i++) {
      jobs.add(api.submitted(1).value());
    }
    client.say(new JsonObject().put("subscribe", jobs).encode());
    assertThat(client.until("subscribed")).hasSize(SUBSCRIPTIONS_MAX + 1);
    client.say(new JsonObject().put("subscribe", jobs).encode());
    assertThat(client.until("subscribed").get(SUBSCRIPTIONS_MAX).containsKey("error")).isFalse();

    client.say("{\"subscribe\":\"all\"}");
    JsonObject answer = client.next();
    assertThat(answer.getJsonObject("error").getString("code")).isEqualTo("too_many_requests");
    assertThat(answer.getJsonObject("error").getString("message")).contains("5 subscriptions");
    client.say("{\"subscribe\":[\"%s\"]}".formatted(api.submitted(1)));
    assertThat(client.next().containsKey("error")).isTrue();

    client.say("{\"unsubscribe\":[\"%s\"]}".formatted(jobs.getString(0)));
    client.next();
    client.say("{\"subscribe\":\"all\"}");
    assertThat(client.next().getString("subscribed")).isEqualTo("all");
    client.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "[]",
        "{}",
        "null",
        "{\"subscribe\":7}",
        "{\"subscribe\":[7]}",
        "{\"subscribe\":\"some\"}",
        "{\"subscribe\":{}}",
        "{\"subscribe\":{\"label\":{}}}",
        "{\"subscribe\":{\"label\":{\"a\":1}}}",
        "{\"subscribe\":{\"label\":{\"a\":\"b\"},\"x\":1}}",
        "{\"subscribe\":[],\"unsubscribe\":[]}",
        "{\"subscribe\":[],\"since\":7}",
        "{\"subscribe\":[],\"since\":{\"job\":\"x\"}}",
        "{\"subscribe\":\"all\",\"since\":{}}",
        "{\"unsubscribe\":[],\"since\":{}}",
        "{\"listen\":\"all\"}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
      })
  void aFrameThatMakesNoSenseIsAnsweredAndEndsTheSocket(String frame) throws Exception {
    SocketClient client = SocketClient.open(api, "/v1/events").say(frame).closes(1008);
    JsonObject error = client.next().getJsonObject("error");
    assertThat(error.getString("code")).isEqualTo("invalid_request");
    assertThat(error.getString("message")).isNotBlank().doesNotContain("Exception", "jackson");
  }

  @Test
  void framesThatAreNotTextOrNotAskedForEndTheSocket() throws Exception {
    try (RawSocket client = RawSocket.open(api, "/v1/events")) {
      client.binary(new byte[] {1, 2, 3});
      assertThat(client.closeCode()).isEqualTo(1008);
    }
    JobId id = api.submitted(1);
    SocketClient.open(api, "/v1/jobs/" + id + "/events").say("{}").closes(1008);
  }

  @Test
  void aGiantFrameEndsTheSocketBeforeItIsThere() throws Exception {
    try (RawSocket client = RawSocket.open(api, "/v1/events")) {
      client.announce(0x81, 1L << 40);
      assertThat(client.closeCode()).isEqualTo(1009);
    }
  }

  @Test
  void aGiantMessageOfSmallFramesEndsTheSocket() throws Exception {
    try (RawSocket client = RawSocket.open(api, "/v1/events")) {
      byte[] piece = new byte[FRAME_BYTES_MAX / 3];
      client.unfinished(RawSocket.TEXT, piece);
      for (int i = 0; i < 4; i++) {
        client.unfinished(RawSocket.CONTINUATION, piece);
      }
      assertThat(client.closeCode()).isEqualTo(1009);
    }
  }

  @Test
  void aFloodOfFramesEndsTheSocket() throws Exception {
    try (RawSocket client = RawSocket.open(api, "/v1/events")) {
      for (int i = 0; i < 5 * FRAMES_PER_SECOND_MAX; i++) {
        client.text("{\"unsubscribe\":\"all\"}");
      }
      assertThat(client.closeCode()).isEqualTo(1008);
    }
  }

  @Test
  void aFloodOfPingsEndsTheSocket() throws Exception {
    try (RawSocket client = RawSocket.open(api, "/v1/events")) {
      for (int i = 0; i < 5 * FRAMES_PER_SECOND_MAX; i++) {
        client.ping();
      }
      assertThat(client.closeCode()).isEqualTo(1008);
    }
  }

  @Test
  void brokenFramesEndTheSocket() throws Exception {
    try (RawSocket client = RawSocket.open(api, "/v1/events")) {
      client.socket.getOutputStream().write(new byte[] {(byte) 0xff, 0x7f, 0, 0, 0, 0, 0, 0});
      assertThat(client.closeCode()).isEqualTo(1002);
    }
    try (RawSocket client = RawSocket.open(api, "/v1/events")) {
      client.frame(0x81, new byte[] {(byte) 0xc3, (byte) 0x28});
      assertThat(client.closeCode()).isIn(1007, 1008);
    }
  }

  @Test
  void whoAnswersNoPingIsClosedAfterTwo() throws Exception {
    JobId id = api.submitted(1);
    long begun = System.nanoTime();
    try (RawSocket client = RawSocket.open(api, "/v1/jobs/" + id + "/events")) {
      int pings = 0;
      RawSocket.Frame frame = client.next();
      while (frame.opcode() != RawSocket.CLOSE) {
        pings += frame.opcode() == RawSocket.PING ? 1 : 0;
        frame = client.next();
      }
      assertThat(pings).isEqualTo(2);
      assertThat(frame.closeCode()).isEqualTo(1008);
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(HEARTBEAT.multipliedBy(5));
      // and it is not waited for that the close is answered
      StreamFixture.untilStreams(api, 0);
    }
  }

  @Test
  void aClientThatVanishesLeavesNothingOpen() throws Exception {
    JobId id = api.submitted(1);
    RawSocket.open(api, "/v1/jobs/" + id + "/events").close();
    SseClient sse = SseClient.open(api, "/v1/jobs/" + id + "/events");
    sse.next();
    sse.response.body().close();
    StreamFixture.untilStreams(api, 0);
  }

  @Test
  void whoReadsNothingIsClosedBeforeTooMuchWaits() throws Exception {
    try (RawSocket client = RawSocket.open(api, "/v1/events")) {
      client.socket.setReceiveBufferSize(1_024);
      client.text("{\"subscribe\":\"all\"}");
      client.next();
      String padding = "x".repeat(60_000);
      StreamFixture.untilStreams(api, 1);
      long limit = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (api.meters.get(ApiMetrics.STREAMS).gauge().value() == 1) {
        assertThat(System.nanoTime()).isLessThan(limit);
        fat(padding);
      }
    }
  }

  /** A job whose JSON is large. */
  private static void fat(String padding) throws Exception {
    JsonObject labels = new JsonObject();
    for (int i = 0; i < 16; i++) {
      labels.put("label" + i, padding.substring(0, 256));
    }
    JsonObject body =
        new JsonObject()
            .put("model", "mini")
            .put("input", new JsonObject().put("items", new JsonArray().add("a")))
            .put("labels", labels);
    api.submit(body.encode()).is(202);
  }

  @Test
  void aSlowClientHasTheNewestAndTheEnd() throws Exception {
    JobId id = api.submitted(1);
    Job job = api.claimed(id);
    try (RawSocket client = RawSocket.open(api, "/v1/jobs/" + id + "/events")) {
      for (int i = 0; i < 50; i++) {
        job = api.checkpointed(job, i, 1, 10);
      }
      api.completed(job, 50, 1, 10);
      long version = 0;
      String state = "";
      RawSocket.Frame frame = client.next();
      while (frame.opcode() != RawSocket.CLOSE) {
        if (frame.opcode() == RawSocket.TEXT) {
          JsonObject event = new JsonObject(frame.payload());
          assertThat(event.getLong("id")).isGreaterThan(version);
          version = event.getLong("id");
          state = event.getJsonObject("job").getString("state");
        }
        frame = client.next();
      }
      assertThat(state).isEqualTo("complete");
      assertThat(frame.closeCode()).isEqualTo(1000);
    } catch (IOException e) {
      throw new AssertionError("the socket failed before its end", e);
    }
  }
}
