package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.world.ManualClock;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A worker's process as whoever started it treats it. */
class WorkerProcessTest {

  private static final Duration GRACE = LocalWorkers.EVICTION_GRACE;
  private static final int KILLED = 128 + 9;

  /**
   * Refuses SIGTERM before it says so, and ends with its standard input. A worker that is stopped
   * would not do: of SIGTERM and SIGSTOP, both pending, the kernel delivers SIGTERM first.
   */
  private static final String DEAF = "trap '' TERM; echo deaf; exec cat";

  /** Says that it was told to go, and goes. */
  private static final String TALKER = "trap 'echo leaving; exit 0' TERM; echo here; read line";

  private final ManualClock clock = new ManualClock();
  private final BlockingQueue<String> said = new LinkedBlockingQueue<>();

  @Test
  void anEvictedWorkerThatDoesNotLeaveIsKilledWhenTheGraceIsOver() throws Exception {
    WorkerProcess worker =
        new WorkerProcess("worker-1", new ProcessBuilder("sh", "-c", DEAF), clock, said::add);
    worker.start();
    ProcessHandle process = ProcessHandle.of(worker.pid().orElseThrow()).orElseThrow();
    try {
      heard("deaf");
      CompletableFuture<OptionalInt> evicted = worker.evict(GRACE, Duration.ofSeconds(1));
      clock.advance(GRACE.minusMillis(1));
      assertThat(process.isAlive()).isTrue();

      clock.advance(Duration.ofMillis(1));

      assertThat(evicted.get(10, TimeUnit.SECONDS)).hasValue(KILLED);
      heard("exit code " + KILLED);
    } finally {
      worker.ask();
      process.destroyForcibly();
    }
  }

  @Test
  void anEvictedWorkerIsHeardUntilItsEnd() throws Exception {
    WorkerProcess worker =
        new WorkerProcess("worker-1", new ProcessBuilder("sh", "-c", TALKER), clock, said::add);
    worker.start();
    heard("here");

    CompletableFuture<OptionalInt> evicted = worker.evict(GRACE, Duration.ofSeconds(1));

    assertThat(evicted.get(10, TimeUnit.SECONDS)).hasValue(0);
    heard("leaving");
    worker.ask();
  }

  private void heard(String part) throws InterruptedException {
    String line;
    do {
      line = said.poll(10, TimeUnit.SECONDS);
      assertThat(line).as("a line with: %s", part).isNotNull();
    } while (!line.contains(part));
  }
}
