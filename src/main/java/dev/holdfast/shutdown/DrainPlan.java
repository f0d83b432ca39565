package dev.holdfast.shutdown;

import java.time.Duration;

/**
 * What a budget is spent on, as times since the drain began. GKE Spot gives user pods 15 s from
 * SIGTERM to SIGKILL, best effort (GKE's documentation, "Spot VMs"); the default budget of 12 s
 * leaves a fifth of that for a late start.
 *
 * @param finishBatch whether a micro-batch that runs is waited for; else its items are dropped and
 *     inferred again elsewhere
 * @param work until when running work may be made durable
 */
public record DrainPlan(boolean finishBatch, Duration work) {

  /** Two thirds of the budget make work durable: 8 of 12 s. */
  public static final double WORK_SHARE = 2.0 / 3;

  /** After five sixths everything is given back: 10 of 12 s. */
  public static final double HAND_OVER_SHARE = 5.0 / 6;

  /** A batch may take this much longer than measured before it is in the way of its own part. */
  private static final double BATCH_MARGIN = 2;

  /**
   * @param budget from the first notice to the end of the process
   * @param batch how long a micro-batch takes, measured
   */
  public static DrainPlan of(Duration budget, Duration batch) {
    Duration work = Duration.ofNanos((long) (budget.toNanos() * WORK_SHARE));
    // the other half of the work's time is for the part and the record
    boolean finishBatch = batch.toNanos() * BATCH_MARGIN <= work.toNanos() / 2.0;
    return new DrainPlan(finishBatch, work);
  }

  /** How long to wait for what is being inferred. */
  public Duration batchWait(Duration max) {
    return !finishBatch ? Duration.ZERO : work.compareTo(max) < 0 ? work : max;
  }
}
