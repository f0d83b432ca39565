package dev.holdfast.worker;

import dev.holdfast.shutdown.DrainPlan;
import java.time.Duration;

/**
 * How long an attempt may take that must go.
 *
 * @param batch to wait for what is being inferred; what is not done then is dropped
 * @param work until its parts are durable; what is not by then is left behind
 */
record Departure(Duration batch, Duration work) {

  /** Longer, and the next worker is kept waiting for little. */
  private static final Duration BATCH_MAX = Duration.ofMillis(750);

  /** Where nobody has set a limit. */
  private static final Duration WORK_USUAL = Duration.ofSeconds(8);

  /** Without waiting for what is being inferred. */
  static final Departure AT_ONCE = new Departure(Duration.ZERO, WORK_USUAL);

  /**
   * @param broken whether nothing is inferred any more
   */
  static Departure of(DrainPlan plan, boolean broken) {
    return new Departure(
        broken ? Duration.ZERO : plan.batchWait(BATCH_MAX),
        plan.work().isZero() ? WORK_USUAL : plan.work());
  }
}
