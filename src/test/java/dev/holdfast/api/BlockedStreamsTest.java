package dev.holdfast.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sockets whose clients read nothing until not a byte more fits between here and there. */
class BlockedStreamsTest {

  /** More than Linux buffers between two ends of a connection, with 4 MiB at most for a sender. */
  private static final long BYTES = 12L << 20;

  /** The longest labels that a job can have. */
  private static final String LABELS = "€".repeat(16 * 256);

  private static final int FRAMES_PER_SECOND_MAX = 20;
  private static final int WAITING_MAX = 50;

  @TempDir static Path directory;
  static ApiFixture api;
  private static final List<SocketClient> CLIENTS = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    api =
        new ApiFixture(
            directory,
            StreamFixture.limits(
                new ApiOptions.Streams(
                    20,
                    20,
                    64 << 10,
                    FRAMES_PER_SECOND_MAX,
                    WAITING_MAX,
                    Duration.ofMinutes(1),
                    2)),
            services -> services);
  }

  @AfterEach
  void nothingIsLeftOpen() throws Exception {
    for (SocketClient client : CLIENTS) {
      client.close();
    }
    CLIENTS.clear();
    StreamFixture.untilStreams(api, 0);
  }

  @AfterAll
  static void stop() throws Exception {
    api.close();
  }

  /** As many clients as it takes to have one in each context of the api. */
  private static void listen() throws Exception {
    for (int i = 0; i < 4; i++) {
      SocketClient client = SocketClient.open(api, "/v1/events").say("{\"subscribe\":\"all\"}");
      client.until("subscribed");
      CLIENTS.add(client);
    }
  }

  /** A job whose JSON is as large as it can be. */
  private static Job fat() throws Exception {
    JsonObject labels = new JsonObject();
    for (int i = 0; i < LABELS.length(); i += 256) {
      labels.put("label" + i, LABELS.substring(i, i + 256));
    }
    JsonObject body =
        new JsonObject()
            .put("model", "mini")
            .put("input", new JsonObject().put("items", new JsonArray().add("a")))
            .put("labels", labels);
    return api.claimed(new JobId(api.submit(body.encode()).is(202).json().getString("id")));
  }

  /** Until the newest version was heard, so that whoever reads more slowly has fallen behind. */
  private static void untilHeard(Job job) throws InterruptedException {
    for (SocketClient client : CLIENTS) {
      JsonObject event = client.next();
      while (!event.getJsonObject("job").getString("id").equals(job.id().value())
          || event.getLong("id") < job.version()) {
        event = client.next();
      }
    }
  }

  private static Job fill(Job job) throws Exception {
    Job last = job;
    long events = BYTES / LABELS.getBytes(UTF_8).length;
    for (int i = 1; i <= events; i++) {
      last = api.checkpointed(last, i, 1, 10);
      untilHeard(last);
    }
    return last;
  }

  private static RawSocket deafSocket() throws IOException {
    RawSocket deaf = RawSocket.open(api, "/v1/events", 2_048);
    deaf.text("{\"subscribe\":\"all\"}");
    deaf.next();
    return deaf;
  }

  @Test
  void whoSaysGoodbyeAndReadsNothingKeepsNoNewsFromOthers() throws Exception {
    try (RawSocket deaf = deafSocket()) {
      listen();
      Job job = fill(fat());
      deaf.frame(0x80 | RawSocket.CLOSE, new byte[] {0x3, (byte) 0xe8});
      for (int i = 0; i < 5; i++) {
        job = api.checkpointed(job, job.checkpoint().nextItem() + 1, 1, 10);
        untilHeard(job);
      }
      untilHeard(api.completed(job, job.checkpoint().nextItem() + 1, 1, 10));
    }
  }

  @Test
  void whoIsClosedWhileItReadsNothingIsCutOffHoweverMuchItSends() throws Exception {
    try (RawSocket deaf = deafSocket()) {
      listen();
      fill(fat());
      CompletableFuture<Long> flood = new CompletableFuture<>();
      Thread pinging = new Thread(() -> flood.complete(pings(deaf)), "pings");
      pinging.setDaemon(true);
      pinging.start();
      StreamFixture.untilStreams(api, CLIENTS.size());
      flood.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void whoFallsTooFarBehindIsToldToTryLater() throws Exception {
    try (RawSocket deaf = deafSocket()) {
      listen();
      fill(fat());
      Set<String> ids = new HashSet<>();
      for (int i = 0; i <= WAITING_MAX; i++) {
        ids.add(api.submitted(1).value());
      }
      for (SocketClient client : CLIENTS) {
        Set<String> unheard = new HashSet<>(ids);
        while (!unheard.isEmpty()) {
          unheard.remove(client.next().getJsonObject("job").getString("id"));
        }
      }
      assertThat(deaf.closeCode()).isEqualTo(1013);
    }
  }

  /** Pings until the socket takes no more. */
  private static long pings(RawSocket socket) {
    long pings = 0;
    try {
      while (true) {
        socket.ping();
        pings++;
      }
    } catch (IOException e) {
      return pings;
    }
  }
}
