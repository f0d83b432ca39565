package dev.holdfast.job;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Time as a port: the wall clock and timers. Nothing else in Holdfast asks the machine for the time
 * of day or waits for it, so a test can hold the hands of the clock.
 */
public interface Clocked extends InstantSource {

  /** The time of day in whole milliseconds: what every store can keep without rounding. */
  @Override
  Instant instant();

  /**
   * Nanoseconds on a stopwatch that only goes forward, for durations; its zero means nothing. Any
   * thread.
   */
  default long nanos() {
    return System.nanoTime();
  }

  /**
   * Runs {@code task} once, {@code delay} from now.
   *
   * @param delay zero or more; a negative delay counts as zero
   * @param task runs on a thread of the clock's choosing; it must not block
   * @return a handle that stops the task if it has not begun
   */
  Timer after(Duration delay, Runnable task);

  /** A task that waits for its time. */
  interface Timer {
    /** Stops the task; a task that has begun or ended is left alone. */
    void cancel();
  }
}
