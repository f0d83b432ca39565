package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.ExitCode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An API whose Java has no sockets but its own, as on a system that is not Linux. */
@Timeout(120)
class ReusePortTest {

  private static final String SERVES = "the API is at ";
  private static final int END_SECONDS_MAX = 30;

  @TempDir Path directory;

  /** Runs it until it ends or serves. */
  private List<String> runs(boolean reusePort, int expected) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-Dio.netty.transport.noNative=true",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "api",
            "--port=0",
            "--management-port=0",
            "--data=" + directory.resolve("data"),
            "--models=" + Path.of("holdfast.yaml").toAbsolutePath());
    builder.environment().put(Setting.REUSE_PORT.key(), Boolean.toString(reusePort));
    Process api = builder.redirectErrorStream(true).start();
    try {
      List<String> said = untilItServes(api);
      if (said.stream().anyMatch(line -> line.contains(SERVES))) {
        api.destroy();
      }
      assertThat(api.waitFor(END_SECONDS_MAX, TimeUnit.SECONDS)).as("it ends").isTrue();
      assertThat(api.exitValue()).as("it said %s", said).isEqualTo(expected);
      return said;
    } finally {
      api.destroyForcibly();
    }
  }

  private static List<String> untilItServes(Process api) throws IOException {
    BufferedReader output =
        new BufferedReader(new InputStreamReader(api.getInputStream(), StandardCharsets.UTF_8));
    List<String> said = new ArrayList<>();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      said.add(line);
      if (line.contains(SERVES)) {
        return said;
      }
    }
    return said;
  }

  @Test
  void sharesNoPortAndSaysWhy() throws Exception {
    assertThat(runs(true, ExitCode.USAGE))
        .noneMatch(line -> line.contains(SERVES))
        .anyMatch(
            line ->
                line.startsWith("holdfast: HOLDFAST_REUSE_PORT=true cannot be had: ")
                    && line.contains("Linux")
                    && line.contains("io.netty.transport.noNative"));
  }

  @Test
  void servesOnAPortOfItsOwn() throws Exception {
    assertThat(runs(false, ExitCode.OK)).anyMatch(line -> line.contains(SERVES));
  }
}
