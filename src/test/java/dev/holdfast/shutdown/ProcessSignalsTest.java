package dev.holdfast.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real signals to a real process. */
@Timeout(60)
class ProcessSignalsTest {

  /** Says what it hears and goes on for ever. */
  static final class Stubborn {

    private Stubborn() {}

    public static void main(String[] arguments) throws InterruptedException {
      ProcessSignals.on(
          name -> {
            System.out.println("first " + name);
            System.out.flush();
          },
          code -> Runtime.getRuntime().halt(code));
      System.out.println("ready");
      System.out.flush();
      new CountDownLatch(1).await();
    }
  }

  private static Process start() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Stubborn.class.getName())
        .redirectErrorStream(true)
        .start();
  }

  private static void signal(String name, Process process) throws Exception {
    int code =
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    assertThat(code).isZero();
  }

  @Test
  void theFirstSignalIsHeardAndTheSecondEndsTheProcessAtOnce() throws Exception {
    Process process = start();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(lines.readLine()).isEqualTo("ready");
      signal("TERM", process);
      assertThat(lines.readLine()).isEqualTo("first SIGTERM");
      assertThat(process.isAlive()).isTrue();
      signal("INT", process);
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(128 + 2);
    } finally {
      process.destroyForcibly();
    }
  }
}
