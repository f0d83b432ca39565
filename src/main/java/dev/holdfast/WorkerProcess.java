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

/** A worker, or an API, as a child process that is started again when it dies. Thread-safe. */
final class WorkerProcess {

  static final Duration BACKOFF_FIRST = Duration.ofSeconds(1);
  static final Duration BACKOFF_MAX = Duration.ofSeconds(30);

  /** A worker that lived this long was healthy, and its death is the first again. */
  static final Duration HEALTHY_AFTER = Duration.ofSeconds(60);

  private final String name;
  private final ProcessBuilder command;
  private final Clocked clock;
  private final Consumer<String> output;
  private @Nullable Process process;
  private Clocked.@Nullable Timer restart;
  private Duration backoff = BACKOFF_FIRST;
  private long startedNanos;
  private boolean stopping;
  private int deaths;

  /**
   * @param command ends by itself when its standard input does; not changed by others any more
   * @param output hears each line that it prints, after its name, and what becomes of it; on
   *     several threads
   */
  WorkerProcess(String name, ProcessBuilder command, Clocked clock, Consumer<String> output) {
    this.name = name;
    this.command = command.redirectErrorStream(true);
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
      Process started = command.start();
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
    deaths++;
    if (!stopping) {
      again("ended with exit code " + exitCode);
    } else if (exitCode != 0) {
      output.accept("%s ended with exit code %d".formatted(name, exitCode));
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

  /** How many processes under this name have ended so far. */
  synchronized int deaths() {
    return deaths;
  }

  /** SIGKILL; whether there was somebody to kill. */
  synchronized boolean kill() {
    if (process == null || !process.isAlive()) {
      return false;
    }
    process.toHandle().destroyForcibly();
    return true;
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
    // Process.destroy would close its streams, too: nobody would hear how it leaves.
    leaving.toHandle().destroy();
    Clocked.Timer end = clock.after(grace, leaving.toHandle()::destroyForcibly);
    return leaving
        .onExit()
        .thenApply(
            ended -> {
              end.cancel();
              return OptionalInt.of(ended.exitValue());
            });
  }

  /**
   * Asks it to leave in good order, and not to be started again: its standard input ends. That is
   * no signal, of which it may have had one already, from a terminal or from a service manager that
   * tells the whole group, or from {@link #evict}: a second one would end it in the middle of its
   * hand-over.
   */
  synchronized void ask() {
    stopping = true;
    if (restart != null) {
      restart.cancel();
    }
    if (process != null) {
      try {
        process.getOutputStream().close();
      } catch (IOException e) {
        output.accept("%s cannot be asked to leave: %s".formatted(name, e.getMessage()));
        process.destroy();
      }
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
