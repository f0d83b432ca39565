package dev.holdfast;

import dev.holdfast.job.Clocked;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One worker as a child process that is started again when it dies. Thread-safe. */
final class WorkerProcess {

  static final Duration BACKOFF_FIRST = Duration.ofSeconds(1);
  static final Duration BACKOFF_MAX = Duration.ofSeconds(30);

  /** A worker that lived this long was healthy, and its death is the first again. */
  static final Duration HEALTHY_AFTER = Duration.ofSeconds(60);

  private final String name;
  private final Config config;
  private final Clocked clock;
  private final Consumer<String> output;
  private @Nullable Process process;
  private Clocked.@Nullable Timer restart;
  private Duration backoff = BACKOFF_FIRST;
  private long startedNanos;
  private boolean stopping;

  WorkerProcess(String name, Config config, Clocked clock, Consumer<String> output) {
    this.name = name;
    this.config = config;
    this.clock = clock;
    this.output = output;
  }

  synchronized void start() {
    restart = null;
    if (stopping) {
      return;
    }
    startedNanos = System.nanoTime();
    try {
      Process started = WorkerCommandLine.of(name, config).redirectErrorStream(true).start();
      process = started;
      Thread reader = new Thread(() -> follow(started), name + " output");
      reader.setDaemon(true);
      reader.start();
    } catch (IOException e) {
      again("could not be started: " + e.getMessage());
    }
  }

  /** Passes on what the process prints until it ends. */
  private void follow(Process started) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8))) {
      String line;
      while ((line = lines.readLine()) != null) {
        output.accept("[%s] %s".formatted(name, line));
      }
    } catch (IOException e) {
      output.accept("[%s] its output cannot be read any more: %s".formatted(name, e.getMessage()));
    }
    // Its output has ended, so it is dead or about to be.
    died(started.onExit().join().exitValue());
  }

  private synchronized void died(int exitCode) {
    process = null;
    if (!stopping) {
      again("ended with exit code " + exitCode);
    }
  }

  private void again(String why) {
    if (System.nanoTime() - startedNanos >= HEALTHY_AFTER.toNanos()) {
      backoff = BACKOFF_FIRST;
    }
    output.accept("%s %s; starts again in %s".formatted(name, why, DurationText.print(backoff)));
    restart = clock.after(backoff, this::start);
    Duration doubled = backoff.multipliedBy(2);
    backoff = doubled.compareTo(BACKOFF_MAX) > 0 ? BACKOFF_MAX : doubled;
  }

  synchronized OptionalLong pid() {
    return process == null ? OptionalLong.empty() : OptionalLong.of(process.pid());
  }

  /** SIGKILL; whether there was somebody to kill. */
  synchronized boolean kill() {
    return process != null && process.destroyForcibly().pid() > 0;
  }

  /** SIGKILL, and nobody in its place for so long; whether there was somebody to kill. */
  synchronized boolean kill(Duration away) {
    backoff = away;
    startedNanos = System.nanoTime();
    return kill();
  }

  /**
   * Takes it away as a Spot node is: SIGTERM, SIGKILL when the grace is over, and nobody in its
   * place for a while.
   *
   * @return its exit code; empty if there was nobody to take away
   */
  synchronized CompletableFuture<OptionalInt> evict(Duration grace, Duration away) {
    Process leaving = process;
    if (leaving == null) {
      return CompletableFuture.completedFuture(OptionalInt.empty());
    }
    backoff = away;
    startedNanos = System.nanoTime();
    leaving.destroy();
    Clocked.Timer end = clock.after(grace, leaving::destroyForcibly);
    return leaving
        .onExit()
        .thenApply(
            ended -> {
              end.cancel();
              return OptionalInt.of(ended.exitValue());
            });
  }

  /** Asks it to leave in good order, and not to be started again. */
  synchronized void ask() {
    stopping = true;
    if (restart != null) {
      restart.cancel();
    }
    if (process != null) {
      process.destroy();
    }
  }

  /** Waits until it has left, and kills it at the deadline on {@link System#nanoTime}. */
  void end(long deadlineNanos) {
    Process leaving;
    synchronized (this) {
      leaving = process;
    }
    if (leaving == null) {
      return;
    }
    try {
      long left = Math.max(0, deadlineNanos - System.nanoTime());
      if (!leaving.waitFor(left, TimeUnit.NANOSECONDS)) {
        output.accept("%s did not leave in time and is killed".formatted(name));
        leaving.destroyForcibly();
      }
    } catch (InterruptedException e) {
      leaving.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
