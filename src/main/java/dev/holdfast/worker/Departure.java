package dev.holdfast.worker;

import dev.holdfast.shutdown.DrainPlan;
import java.time.Duration;
import java.util.Collection;

/**
 * How long an attempt may take that must go.
 *
 * @param batch to wait for what is being inferred; what is not done then is dropped
 * @param work until its parts are durable; what is not by then is left behind
 * @param records until its record says how it ended; if it does not by then, its delivery is
 *     released all the same, and the lease in the record runs out by itself
 */
record Departure(Duration batch, Duration work, Duration records) {

  /**
   * For micro-batches that are short. Longer, and a hand-over takes more than 2 s; but a
   * micro-batch that takes longer is waited for.
   */
  private static final Duration BATCH_USUAL = Duration.ofMillis(1_100);

  /** Where nobody has set a limit. */
  private static final Duration WORK_USUAL = Duration.ofSeconds(8);

  private static final Duration RECORDS_USUAL = Duration.ofSeconds(9);

  /** Without waiting for what is being inferred. */
  static final Departure AT_ONCE = new Departure(Duration.ZERO, WORK_USUAL, RECORDS_USUAL);

  /**
   * @param budget from the first notice to the end of the process; zero if nobody has set one
   * @param models whose micro-batches may be running
   * @param broken whether nothing is inferred any more
   */
  static Departure of(Duration budget, Collection<Serving> models, boolean broken) {
    return of(DrainPlan.of(budget, Serving.recentBatch(models)), broken);
  }

  /**
   * @param broken whether nothing is inferred any more
   */
  static Departure of(DrainPlan plan, boolean broken) {
    return new Departure(
        broken ? Duration.ZERO : plan.batchWait(BATCH_USUAL),
        plan.work().isZero() ? WORK_USUAL : plan.work(),
        plan.records().isZero() ? RECORDS_USUAL : plan.records());
  }

  /** What is left of it after so long. */
  Departure after(Duration passed) {
    return new Departure(less(batch, passed), less(work, passed), less(records, passed));
  }

  private static Duration less(Duration time, Duration passed) {
    return time.compareTo(passed) < 0 ? Duration.ZERO : time.minus(passed);
  }
}
