package dev.holdfast;

import dev.holdfast.job.Clocked;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The machine's own clock, and the only class that asks it for the time of day. Its timers share
 * one daemon thread. Thread-safe; after {@link #close()} it still tells the time, but its timers
 * never run.
 */
public final class SystemClock implements Clocked, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SystemClock.class);

  private final ScheduledThreadPoolExecutor timers;

  public SystemClock() {
    timers =
        (ScheduledThreadPoolExecutor)
            Executors.newScheduledThreadPool(
                1,
                task -> {
                  Thread thread = new Thread(task, "holdfast-clock");
                  thread.setDaemon(true);
                  return thread;
                });
    timers.setRemoveOnCancelPolicy(true);
    timers.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  @Override
  public Instant instant() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS);
  }

  @Override
  public Timer after(Duration delay, Runnable task) {
    try {
      ScheduledFuture<?> scheduled =
          timers.schedule(() -> run(task), Math.max(0, delay.toMillis()), TimeUnit.MILLISECONDS);
      return () -> scheduled.cancel(false);
    } catch (RejectedExecutionException closed) {
      return () -> {};
    }
  }

  private static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.error("A timer's task failed; other timers go on.", e);
    }
  }

  @Override
  public void close() {
    timers.shutdownNow();
  }
}
