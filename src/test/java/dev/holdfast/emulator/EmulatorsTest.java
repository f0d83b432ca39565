package dev.holdfast.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.world.OnEmulators;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@OnEmulators
@Timeout(120)
class EmulatorsTest {

  @TempDir Path directory;

  /** Starts both, says so, and goes on for ever. */
  static final class Parent {

    private Parent() {}

    public static void main(String[] arguments) throws Exception {
      Emulators emulators = Emulators.start(System.getenv(), Path.of(arguments[0])).orElseThrow();
      System.out.println(emulators.pubSub().host());
      System.out.flush();
      new CountDownLatch(1).await();
    }
  }

  @Test
  void emulatorsEndWithTheirParentHoweverThatEnds() throws Exception {
    Process parent =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Parent.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<ProcessHandle> children;
    try (BufferedReader said =
        new BufferedReader(
            new InputStreamReader(parent.getInputStream(), StandardCharsets.UTF_8))) {
      String line = said.readLine();
      while (line != null && !line.matches("127\\.0\\.0\\.1:\\d+")) {
        line = said.readLine();
      }
      assertThat(line).isNotNull();
      children = parent.descendants().toList();
      assertThat(children).hasSizeGreaterThanOrEqualTo(4);
    } finally {
      parent.destroyForcibly();
    }
    for (ProcessHandle child : children) {
      child.onExit().get(20, TimeUnit.SECONDS);
    }
  }
}
