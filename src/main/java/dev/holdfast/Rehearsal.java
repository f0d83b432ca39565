package dev.holdfast;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.WorkerStops;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.Terminal;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts an API on a directory of its own, asks it what clients ask, follows a job by WebSockets,
 * and ends it as a signal would. {@link ClassArchive} runs it, for Java to keep the classes that it
 * loads.
 */
public final class Rehearsal {

  private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
  private static final int ANSWER_MILLIS_MAX = 20_000;
  private static final String MODELS = "models: [{name: none, location: ., kind: tensor}]";
  private static final String JOB =
      """
      {"model": "none", "input": {"items": [
        {"inputs": [{"name": "a", "shape": [1], "datatype": "FP32", "data": [1]}]}]}}""";
  private static final String UPGRADE =
      """
      GET %s HTTP/1.1\r
      Host: localhost\r
      Connection: Upgrade\r
      Upgrade: websocket\r
      Sec-WebSocket-Version: 13\r
      Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r
      \r
      """;

  private Rehearsal() {}

  /** Takes no arguments; leaves nothing behind. */
  public static void main(String[] args) throws IOException {
    Path directory = Files.createTempDirectory("holdfast-rehearsal");
    try (SystemClock clock = new SystemClock()) {
      run(directory, clock);
    } catch (Exception e) {
      LOG.error("the rehearsal failed", e);
      // what has been opened by then would keep Java running, and the build waiting
      System.exit(1);
    } finally {
      delete(directory);
    }
  }

  private static void run(Path directory, SystemClock clock) throws Exception {
    Path models = Files.writeString(directory.resolve("models.yaml"), MODELS);
    Map<String, String> settings =
        Map.of(
            Setting.DATA.key(),
            directory.resolve("data").toString(),
            Setting.MODELS.key(),
            models.toString(),
            Setting.PORT.key(),
            "0",
            Setting.MANAGEMENT_PORT.key(),
            "0");
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    Main.line(new Terminal(InputStream.nullInputStream(), nowhere, nowhere, false, settings))
        .parseArgs("api", "--port", "0");
    Config config = Config.read(settings, Config.Role.API);
    CompletableFuture<Integer> ended = new CompletableFuture<>();
    WayOut wayOut = new WayOut(config.grace(), ended::complete);
    ApiRole api = ApiRole.start(config, clock, () -> null, WorkerStops.NONE);
    wayOut.open(api.stages());
    ask(config.host(), api.port());
    wayOut.begin("the rehearsal is over");
    ended.get(ANSWER_MILLIS_MAX, TimeUnit.MILLISECONDS);
    Awaited.close(wayOut.vertx().close(), config.grace());
  }

  private static void ask(String host, int port) throws Exception {
    HoldfastClient client = new HoldfastClient("http://%s:%d".formatted(host, port));
    client.jobs(Map.of("limit", "1"));
    client.workers();
    JsonNode job = new ObjectMapper().readTree(JOB);
    String id = client.submit((ObjectNode) job, "rehearsal").id();
    follow(host, port, "/v1/jobs/%s/events?since=0".formatted(id), id);
    follow(host, port, "/v1/events?job=" + id, id);
  }

  /** Opens a WebSocket and reads until its first frame names the job. */
  private static void follow(String host, int port, String path, String job) throws IOException {
    try (Socket socket = new Socket(host, port)) {
      socket.setSoTimeout(ANSWER_MILLIS_MAX);
      socket.getOutputStream().write(UPGRADE.formatted(path).getBytes(StandardCharsets.US_ASCII));
      StringBuilder heard = new StringBuilder();
      byte[] some = new byte[4_096];
      while (heard.indexOf(job) < 0) {
        int read = socket.getInputStream().read(some);
        if (read < 0) {
          throw new IOException("the API did not answer " + path);
        }
        heard.append(new String(some, 0, read, StandardCharsets.ISO_8859_1));
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    List<Path> all;
    try (Stream<Path> found = Files.walk(directory)) {
      all = found.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }
}
