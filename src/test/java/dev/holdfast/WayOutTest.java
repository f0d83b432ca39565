package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.shutdown.EvictionNotice;
import dev.holdfast.shutdown.EvictionNotice.Notice;
import io.vertx.core.Future;
import java.io.BufferedReader;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class WayOutTest {

  private final CompletableFuture<Integer> exit = new CompletableFuture<>();

  @ParameterizedTest
  @CsvSource({"15, 12", "30, 27", "48, 45", "120, 105", "2, 0"})
  void mostOfANoticesTimeIsUsed(double deadline, double budget) {
    assertThat(WayOut.budget(Duration.ofMillis((long) (deadline * 1_000))))
        .isEqualTo(Duration.ofMillis((long) (budget * 1_000)));
  }

  @Test
  void beforeThereIsAnythingToDrainTheProcessEndsAtOnce() throws Exception {
    new WayOut(Duration.ofSeconds(5), exit::complete).withParent(InputStream.nullInputStream());
    assertThat(exit.get(10, TimeUnit.SECONDS)).isZero();
  }

  @Test
  void aFaultEndsItWithItsOwnCode() throws Exception {
    new WayOut(Duration.ofSeconds(5), exit::complete).fail("the device is lost");
    assertThat(exit.get(10, TimeUnit.SECONDS)).isEqualTo(WayOut.FATAL);
  }

  /** A process with a shutdown hook that never returns. */
  static final class Hanging {

    private Hanging() {}

    public static void main(String[] arguments) {
      CountDownLatch never = new CountDownLatch(1);
      Thread hook =
          new Thread(
              () -> {
                System.out.println("hanging");
                try {
                  never.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      Runtime.getRuntime().addShutdownHook(hook);
      new WayOut(Duration.ofSeconds(5)).fail("it cannot go on");
    }
  }

  @Test
  void aShutdownHookThatHangsDoesNotKeepTheProcess() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Hanging.class.getName())
            .redirectErrorStream(true)
            .start();
    try (BufferedReader lines = process.inputReader()) {
      assertThat(lines.lines()).as("to the end of what it says").contains("hanging");
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(WayOut.FATAL);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void aMereWarningIsNoEviction() {
    WayOut wayOut = new WayOut(Duration.ofSeconds(5), exit::complete);
    wayOut.follow(saying(new Notice("aws", "a rebalance recommendation", Optional.empty(), false)));
    assertThat(exit).isNotDone();
    wayOut.follow(saying(new Notice("aws", "spot terminate", Optional.empty(), true)));
    assertThat(exit).isCompletedWithValue(0);
  }

  private static EvictionNotice saying(Notice notice) {
    return new EvictionNotice() {
      @Override
      public void start(Consumer<Notice> listener) {
        listener.accept(notice);
      }

      @Override
      public Future<Void> close() {
        return Future.succeededFuture();
      }
    };
  }
}
