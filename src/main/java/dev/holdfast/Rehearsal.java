package dev.holdfast;

import dev.holdfast.api.WorkerStops;
import dev.holdfast.client.HoldfastClient;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Starts an API on a directory of its own, asks it what clients ask, and ends it. The launcher runs
 * it once after a build, for Java to keep the classes that it loads in an archive: from there they
 * load in half the time.
 */
public final class Rehearsal {

  private static final int ANSWER_MILLIS_MAX = 20_000;
  private static final String UPGRADE =
      """
      GET /v1/events HTTP/1.1\r
      Host: localhost\r
      Connection: Upgrade\r
      Upgrade: websocket\r
      Sec-WebSocket-Version: 13\r
      Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r
      \r
      """;

  private Rehearsal() {}

  /** Takes no arguments; leaves nothing behind. */
  public static void main(String[] args) throws Exception {
    Path directory = Files.createTempDirectory("holdfast-rehearsal");
    try (SystemClock clock = new SystemClock()) {
      run(directory, clock);
    } finally {
      delete(directory);
    }
  }

  private static void run(Path directory, SystemClock clock) throws Exception {
    Path models =
        Files.writeString(
            directory.resolve("models.yaml"), "models: [{name: none, location: ., kind: tensor}]");
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
    Config config = Config.read(settings, Config.Role.API);
    try (ApiRole api = ApiRole.start(config, clock, () -> null, WorkerStops.NONE)) {
      HoldfastClient client =
          new HoldfastClient("http://%s:%d".formatted(config.host(), api.port()));
      client.jobs(Map.of("limit", "1"));
      client.workers();
      try (Socket socket = new Socket(config.host(), api.port())) {
        socket.setSoTimeout(ANSWER_MILLIS_MAX);
        socket.getOutputStream().write(UPGRADE.getBytes(StandardCharsets.US_ASCII));
        if (socket.getInputStream().read() < 0) {
          throw new IOException("the API did not answer");
        }
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
