package dev.holdfast.worker;

import java.time.Duration;

/**
 * How one worker behaves.
 *
 * @param id the worker's name in leases, attempts and the roster; unique among live workers
 * @param slots how many deliveries it holds at most
 * @param lease how long a delivery and its job are its own without a renewal
 */
public record WorkerOptions(
    String id, String host, long pid, int slots, Duration lease, Checkpoints checkpoints) {

  /**
   * The longest a pull waits at the broker before it is made anew; short, as a drain waits for it.
   */
  static final Duration PULL_WAIT = Duration.ofSeconds(1);

  /** Deliveries that are taken even while jobs at hand keep the models busy. */
  static final int SLOTS_ALWAYS = 16;

  /** How often a running job's progress is written, at most. */
  static final Duration PROGRESS_INTERVAL = Duration.ofSeconds(1);

  /** How often leases are extended: three times within each. */
  Duration leaseInterval() {
    return lease.dividedBy(3);
  }
}
