package dev.holdfast.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.emulator.FreePort;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** {@code ./holdfast local} as its reader runs it, on one port through all its restarts. */
final class LocalServer {

  private static final int WORKERS = 2;
  private static final long LINE_WAIT_S = 60;
  private static final long EXIT_WAIT_S = 20;

  private final Path data;
  private final int port;
  private Process process;
  private BlockingQueue<String> lines;

  private LocalServer(Path data, int port) throws IOException {
    this.data = data;
    this.port = port;
    lines = new LinkedBlockingQueue<>();
    process = launch(lines);
  }

  /** Starts it; the workers are not ready yet. */
  static LocalServer start(Path data) throws IOException {
    return new LocalServer(data, FreePort.find());
  }

  private Process launch(BlockingQueue<String> heard) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of("holdfast").toAbsolutePath().toString(),
            "local",
            "--workers",
            Integer.toString(WORKERS));
    builder
        .environment()
        .putAll(
            Map.of(
                "HOLDFAST_DATA", data.toString(),
                "HOLDFAST_PORT", Integer.toString(port),
                "HOLDFAST_MANAGEMENT_PORT", "0",
                "HOLDFAST_LEASE", "3s",
                "HOLDFAST_CHECKPOINT", "500ms"));
    Process started = builder.redirectErrorStream(true).start();
    Thread reader =
        new Thread(
            () -> started.inputReader(StandardCharsets.UTF_8).lines().forEach(heard::add),
            "local output");
    reader.setDaemon(true);
    reader.start();
    return started;
  }

  /** Waits until all workers serve. */
  LocalServer ready() throws InterruptedException {
    List<String> heard = new ArrayList<>();
    for (int i = 0; i < WORKERS; i++) {
      String line;
      do {
        line = lines.poll(LINE_WAIT_S, TimeUnit.SECONDS);
        assertThat(line).as("what was said: %s", heard).isNotNull();
        heard.add(line);
      } while (!line.endsWith("is ready"));
    }
    return this;
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  /** Ends it in good order. */
  void stop() throws InterruptedException {
    process.destroy();
    assertThat(process.waitFor(EXIT_WAIT_S, TimeUnit.SECONDS)).as("it left").isTrue();
  }

  /** Starts it again on the same port and data. */
  void again() throws IOException {
    lines = new LinkedBlockingQueue<>();
    process = launch(lines);
  }

  /** Ends it, however it is. */
  void end() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(EXIT_WAIT_S, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }
}
