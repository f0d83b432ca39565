package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.WorkerStops;
import dev.holdfast.contract.Futures;
import dev.holdfast.shutdown.DrainPlan;
import dev.holdfast.shutdown.ShutdownVerticle.Stage;
import io.vertx.core.Future;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An API that leaves while somebody is in the middle of a request. */
@Timeout(120)
class ApiLeavingTest {

  private static final String BODY =
      "{\"model\": \"all-MiniLM-L6-v2\", \"input\": {\"items\": [1]}}";

  @TempDir Path directory;

  private Config config(String grace) throws ConfigException {
    Map<String, String> settings = new HashMap<>();
    settings.put("HOLDFAST_DATA", directory.resolve("data").toString());
    settings.put("HOLDFAST_MODELS", Path.of("holdfast.yaml").toAbsolutePath().toString());
    settings.put("HOLDFAST_PORT", "0");
    settings.put("HOLDFAST_MANAGEMENT_PORT", "0");
    settings.put("HOLDFAST_GRACE", grace);
    return Config.read(settings, Config.Role.API);
  }

  /** Begins a request that lacks its last byte, and has been read as far as it goes. */
  private static Socket begun(ApiRole api) throws Exception {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), api.port());
    socket
        .getOutputStream()
        .write(
            ("POST /v1/jobs HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
                    + "Expect: 100-continue\r\nContent-Length: "
                    + BODY.length()
                    + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    assertThat(answer(socket).readLine()).contains(" 100 ");
    socket
        .getOutputStream()
        .write(BODY.substring(0, BODY.length() - 1).getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private static BufferedReader answer(Socket socket) throws Exception {
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
  }

  private static HttpResponse<String> readiness(ApiRole api) throws Exception {
    URI page = URI.create("http://127.0.0.1:%d/readyz".formatted(api.managementPort()));
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString());
  }

  @Test
  void itIsNotReadyBeforeAnythingElseAndFinishesWhatWasBegun() throws Exception {
    try (SystemClock clock = new SystemClock();
        ApiRole api = ApiRole.start(config("60s"), clock, () -> null, WorkerStops.NONE);
        Socket client = begun(api)) {
      assertThat(readiness(api).statusCode()).isEqualTo(200);
      Stage first = api.stages().get(0);

      Future<Void> left = first.what().drain(Duration.ofSeconds(60));

      HttpResponse<String> readiness = readiness(api);
      assertThat(readiness.statusCode()).isEqualTo(503);
      assertThat(readiness.body()).contains("the API is leaving");
      assertThat(left.isComplete()).as("somebody is still being answered").isFalse();
      client.getOutputStream().write('}');
      assertThat(answer(client).lines()).anyMatch(line -> line.startsWith("HTTP/1.1 "));
      Futures.await(left);
    }
  }

  @Test
  void whoNeverFinishesIsCutOffWithinTheTimeOfTheStage() throws Exception {
    Config config = config("6s");
    try (SystemClock clock = new SystemClock();
        ApiRole api = ApiRole.start(config, clock, () -> null, WorkerStops.NONE);
        Socket client = begun(api)) {
      assertThat(client.isConnected()).isTrue();
      Stage first = api.stages().get(0);
      assertThat(first.until()).isEqualTo(DrainPlan.WORK_SHARE);

      long from = System.nanoTime();
      Futures.await(first.what().drain(config.grace()));

      assertThat(Duration.ofNanos(System.nanoTime() - from))
          .isBetween(Duration.ofSeconds(3), Duration.ofMillis(4_400));
    }
  }
}
