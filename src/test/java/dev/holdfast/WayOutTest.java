package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.shutdown.Drainable;
import dev.holdfast.shutdown.EvictionNotice;
import dev.holdfast.shutdown.EvictionNotice.Notice;
import dev.holdfast.shutdown.ShutdownVerticle.Stage;
import dev.holdfast.world.Waits;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
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
  @CsvSource({
    "0, 1.5",
    "1, 1.5",
    "2, 1.5",
    "4, 3",
    "8, 6",
    "15, 12",
    "30, 27",
    "48, 45",
    "120, 105"
  })
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

  private static Process java(Class<?> program) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            program.getName())
        .redirectErrorStream(true)
        .start();
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
    Process process = java(Hanging.class);
    try (BufferedReader lines = process.inputReader()) {
      assertThat(lines.lines()).as("to the end of what it says").contains("hanging");
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(WayOut.FATAL);
    } finally {
      process.destroyForcibly();
    }
  }

  /** A process whose drain takes for ever. */
  static final class Lingering {

    private Lingering() {}

    public static void main(String[] arguments) throws InterruptedException {
      WayOut wayOut = new WayOut(Duration.ofMinutes(1)).hearSignals();
      wayOut.open(
          List.of(
              new Stage(
                  WayOut.leaving(
                      "what never ends",
                      () -> {
                        System.out.println("draining");
                        return Promise.<Void>promise().future();
                      }),
                  1)));
      System.out.println("ready");
      wayOut.untilTheEnd();
    }
  }

  @Test
  void aSecondSignalEndsTheProcessInTheMiddleOfItsDrain() throws Exception {
    Process process = java(Lingering.class);
    try (BufferedReader lines = process.inputReader()) {
      assertThat(lines.readLine()).isEqualTo("ready");
      process.toHandle().destroy();
      String line = lines.readLine();
      while (line != null && !line.equals("draining")) {
        line = lines.readLine();
      }
      assertThat(line).isEqualTo("draining");
      assertThat(process.isAlive()).isTrue();
      process.toHandle().destroy();
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(128 + 15);
    } finally {
      process.destroyForcibly();
    }
  }

  /** Takes the drain's budget and is done. */
  private Stage taking(BlockingQueue<Duration> budgets) {
    return new Stage(
        new Drainable() {
          @Override
          public String name() {
            return "one";
          }

          @Override
          public Future<Void> drain(Duration budget) {
            budgets.add(budget);
            return Future.succeededFuture();
          }
        },
        1);
  }

  @Test
  void aNoticesDeadlineBecomesTheDrainsBudget() throws Exception {
    BlockingQueue<Duration> budgets = new LinkedBlockingQueue<>();
    WayOut wayOut = new WayOut(Duration.ofMinutes(10), exit::complete);
    wayOut.open(List.of(taking(budgets)));
    Duration deadline = Duration.ofMinutes(2);
    wayOut.follow(saying(new Notice("aws", "spot terminate", Optional.of(deadline), true)));
    assertThat(exit.get(10, TimeUnit.SECONDS)).isZero();
    assertThat(budgets.remove()).isBetween(Duration.ofSeconds(95), WayOut.budget(deadline));
  }

  @Test
  void aNoticeWithoutADeadlineHasTheUsualBudget() throws Exception {
    BlockingQueue<Duration> budgets = new LinkedBlockingQueue<>();
    WayOut wayOut = new WayOut(Duration.ofMinutes(10), exit::complete);
    wayOut.open(List.of(taking(budgets)));
    wayOut.follow(saying(new Notice("file", "it is there", Optional.empty(), true)));
    assertThat(exit.get(10, TimeUnit.SECONDS)).isZero();
    assertThat(budgets.remove()).isBetween(Duration.ofSeconds(590), Duration.ofMinutes(10));
  }

  @Test
  void aNoticeThatIsHeardOnTheLoopWhileItOpensIsADrain() throws Exception {
    BlockingQueue<Duration> budgets = new LinkedBlockingQueue<>();
    WayOut wayOut = new WayOut(Duration.ofSeconds(5), exit::complete);
    CountDownLatch opening = new CountDownLatch(1);
    wayOut.follow(
        heldUp(wayOut, opening, new Notice("file", "it is there", Optional.empty(), true)));
    Thread opener = new Thread(() -> wayOut.open(List.of(taking(budgets))), "opener");
    opener.setDaemon(true);
    opener.start();
    Waits.until(() -> opener.getState() == Thread.State.WAITING);
    opening.countDown();

    assertThat(exit.get(10, TimeUnit.SECONDS)).isZero();
    assertThat(budgets).as("what is open is drained").hasSize(1);
    opener.join(10_000);
    assertThat(opener.isAlive()).isFalse();
  }

  /** A source that tells on the way out's own loop, which it keeps until then. */
  private static EvictionNotice heldUp(WayOut wayOut, CountDownLatch until, Notice notice) {
    return new EvictionNotice() {
      @Override
      public void start(Consumer<Notice> listener) {
        wayOut
            .vertx()
            .runOnContext(
                due -> {
                  Waits.until(until);
                  listener.accept(notice);
                });
      }

      @Override
      public Future<Void> close() {
        return Future.succeededFuture();
      }
    };
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
