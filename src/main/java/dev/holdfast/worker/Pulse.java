package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Whether a thread still comes round from what it was given. A call into a driver that hangs never
 * returns and cannot be interrupted: only a fresh process cures that. Thread-safe.
 */
final class Pulse {

  /**
   * What a forward call, or the reading of a thousand items, never takes: the first call on a cold
   * device, which loads its kernels, needs tens of seconds.
   */
  static final Duration INFERENCE_STUCK_AFTER = Duration.ofMinutes(5);

  /**
   * Nothing on an event loop takes more than milliseconds; a starved machine may make it seconds.
   */
  static final Duration LOOP_STUCK_AFTER = Duration.ofSeconds(60);

  private final String name;
  private final Duration stuckAfter;
  private final Clocked clock;
  private volatile @Nullable Long busySinceNanos;
  private volatile boolean over;

  /**
   * @param name of the thread, for whoever reads why a process was started again
   */
  Pulse(String name, Duration stuckAfter, Clocked clock) {
    this.name = name;
    this.stuckAfter = stuckAfter;
    this.clock = clock;
  }

  /** The thread goes into a call. */
  void begins() {
    busySinceNanos = clock.nanos();
  }

  /** The thread is back, and waits for work. */
  void rests() {
    busySinceNanos = null;
  }

  /** The thread has ended. */
  void ends() {
    over = true;
  }

  boolean resting() {
    return busySinceNanos == null;
  }

  /** Why nothing more is to be expected of the thread, or null. */
  @Nullable String ailment() {
    if (over) {
      return "the thread %s has ended".formatted(name);
    }
    Long since = busySinceNanos;
    if (since == null || clock.nanos() - since < stuckAfter.toNanos()) {
      return null;
    }
    return "the thread %s has been in one call for more than %d s"
        .formatted(name, stuckAfter.toSeconds());
  }
}
