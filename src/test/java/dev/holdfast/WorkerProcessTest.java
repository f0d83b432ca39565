package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.world.ManualClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker's process as whoever started it treats it. */
class WorkerProcessTest {

  private static final Duration GRACE = LocalWorkers.EVICTION_GRACE;
  private static final int KILLED = 128 + 9;

  @TempDir Path directory;
  private final ManualClock clock = new ManualClock();
  private final BlockingQueue<String> said = new LinkedBlockingQueue<>();

  @Test
  void anEvictedWorkerThatDoesNotLeaveIsKilledWhenTheGraceIsOver() throws Exception {
    Config config =
        Config.read(
            Map.of(
                "HOLDFAST_DATA",
                directory.toString(),
                "HOLDFAST_MODELS",
                Path.of("holdfast.yaml").toAbsolutePath().toString()),
            Config.Role.WORKER);
    WorkerProcess worker = new WorkerProcess("worker-1", config, clock, said::add);
    worker.start();
    ProcessHandle process = ProcessHandle.of(worker.pid().orElseThrow()).orElseThrow();
    try {
      stop(process);
      CompletableFuture<OptionalInt> evicted = worker.evict(GRACE, Duration.ofSeconds(1));
      clock.advance(GRACE.minusMillis(1));
      assertThat(process.isAlive()).isTrue();

      clock.advance(Duration.ofMillis(1));

      assertThat(evicted.get(10, TimeUnit.SECONDS)).hasValue(KILLED);
      String line = said.poll(10, TimeUnit.SECONDS);
      while (line != null && !line.contains("ended with exit code")) {
        line = said.poll(10, TimeUnit.SECONDS);
      }
      assertThat(line).contains("exit code " + KILLED);
    } finally {
      worker.ask();
      process.destroyForcibly();
    }
  }

  /** It hears nothing from now on but what cannot be refused. */
  private static void stop(ProcessHandle process) throws Exception {
    Process kill = new ProcessBuilder("kill", "-STOP", Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }
}
