package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may take a worker away, and who may not. */
class StopRoutesTest {

  private static final List<String> TOLD = new CopyOnWriteArrayList<>();

  @TempDir static Path directory;
  static ApiFixture api;

  private static final class TwoWorkers implements WorkerStops {
    @Override
    public Map<String, Long> workers() {
      return Map.of("worker-1", 42L, "worker-2", 0L);
    }

    @Override
    public boolean evict(String worker) {
      return worker.equals("worker-1") && TOLD.add("evict " + worker);
    }

    @Override
    public boolean kill(String worker) {
      return worker.equals("worker-1") && TOLD.add("kill " + worker);
    }
  }

  @BeforeAll
  static void start() throws Exception {
    api =
        new ApiFixture(
            directory, ApiOptions.Limits.USUAL, UnaryOperator.identity(), new TwoWorkers());
  }

  @AfterAll
  static void stop() throws Exception {
    api.close();
  }

  @BeforeEach
  void nobodyIsTold() {
    TOLD.clear();
  }

  @Test
  void aWorkerIsEvictedAndAnotherKilled() throws Exception {
    assertThat(api.post("/v1/workers/worker-1/evict", "").is(202).json().getString("signal"))
        .isEqualTo("SIGTERM");
    assertThat(api.post("/v1/workers/worker-1/kill", "").is(202).json().getString("signal"))
        .isEqualTo("SIGKILL");
    assertThat(TOLD).containsExactly("evict worker-1", "kill worker-1");
  }

  /** One that was replaced since its last report, too, cannot be stopped: it is gone already. */
  @Test
  void theListSaysWhoCanBeStopped() throws Exception {
    for (String id : List.of("worker-1", "worker-2", "elsewhere")) {
      ApiFixture.await(api.embedded.roster().report(ServiceTest.worker(api, id, true, 1)));
    }
    assertThat(api.get("/v1/workers").is(200).json().getJsonArray("workers").stream())
        .extracting(worker -> ((JsonObject) worker).getBoolean("can_stop"))
        .containsExactly(null, true, false);
  }

  @Test
  void aWorkerThatIsGoneOrUnknownIsNamed() throws Exception {
    assertThat(api.post("/v1/workers/worker-2/kill", "").is(409).json().getString("detail"))
        .contains("worker-2 is leaving already or not running");
    assertThat(api.post("/v1/workers/nobody/kill", "").is(404).json().getString("detail"))
        .contains("nobody")
        .contains("worker-1, worker-2");
  }

  @Test
  void whereWorkersWereNotStartedHereTheyAreNotStopped(@TempDir Path own) throws Exception {
    ApiFixture plain = new ApiFixture(own);
    try {
      Answer refused = plain.post("/v1/workers/worker-1/evict", "").is(409);
      assertThat(refused.json().getString("code")).isEqualTo("cannot_stop_worker");
      assertThat(refused.json().getString("detail")).contains("holdfast local");
    } finally {
      plain.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Sec-Fetch-Site, cross-site",
    "Sec-Fetch-Site, same-site",
    "Origin, http://elsewhere.example",
    "Origin, null",
    "Origin, http://127.0.0.1:1",
    "Origin, not a URL"
  })
  void pagesOfOtherSitesChangeNothing(String header, String value) throws Exception {
    for (String path : List.of("/v1/workers/worker-1/kill", "/v1/jobs", "/v1/jobs/x/cancel")) {
      Answer refused = api.post(path, "{}", header, value).is(403);
      assertThat(refused.json().getString("code")).isEqualTo("origin_not_allowed");
    }
    assertThat(TOLD).isEmpty();
    api.get("/v1/jobs", header, value).is(200);
  }

  @Test
  void ourOwnPagesMay() throws Exception {
    String origin = "http://127.0.0.1:" + api.port;
    api.post("/v1/workers/worker-1/evict", "", "Sec-Fetch-Site", "same-origin", "Origin", origin)
        .is(202);
  }

  /** A stranger's name that leads to this machine makes a stranger's page look like our own. */
  @Test
  void aNameThatOthersMayOwnDoesNotLeadToWorkers() throws Exception {
    String origin = "elsewhere.example:" + api.port;
    String head =
        "POST /v1/workers/worker-1/kill HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            .formatted(origin, origin);
    try (Socket socket = api.connect()) {
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 403").contains("origin_not_allowed");
    }
    assertThat(TOLD).isEmpty();
  }

  @Test
  void noAnswerInvitesOtherSites() throws Exception {
    Answer answer = api.get("/v1/stats", "Origin", "http://elsewhere.example").is(200);
    assertThat(answer.headers().keySet()).noneMatch(name -> name.startsWith("access-control"));
  }
}
