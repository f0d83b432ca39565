package dev.holdfast.shutdown;

import java.time.Duration;

/**
 * What a budget is spent on, as times since the drain began. GKE Spot gives user pods 15 s from
 * SIGTERM to SIGKILL, best effort (GKE's documentation, "Spot VMs"); the default budget of 12 s
 * leaves a fifth of that for a late start.
 *
 * @param finishBatch whether a micro-batch that runs is waited for; else its items are dropped and
 *     inferred again elsewhere
 * @param batch how long a micro-batch may take, from its beginning
 * @param work until when running work may be made durable
 * @param records until when records may say how it ended; then the rest is given back without that
 */
public record DrainPlan(boolean finishBatch, Duration batch, Duration work, Duration records) {

  /** Two thirds of the budget make work durable: 8 of 12 s. */
  public static final double WORK_SHARE = 2.0 / 3;

  /** After three quarters no record is waited for: 9 of 12 s. */
  private static final double RECORDS_SHARE = 3.0 / 4;

  /** After five sixths everything is given back: 10 of 12 s. */
  public static final double HAND_OVER_SHARE = 5.0 / 6;

  /** A batch may take this much longer than measured before it is in the way of its own part. */
  private static final int BATCH_MARGIN = 2;

  /**
   * @param budget from the first notice to the end of the process
   * @param batch how long a micro-batch takes, measured
   */
  public static DrainPlan of(Duration budget, Duration batch) {
    Duration work = share(budget, WORK_SHARE);
    Duration longest = batch.multipliedBy(BATCH_MARGIN);
    // the other half of the work's time is for the part and the record
    boolean finishBatch = longest.compareTo(work.dividedBy(2)) <= 0;
    return new DrainPlan(finishBatch, longest, work, share(budget, RECORDS_SHARE));
  }

  private static Duration share(Duration budget, double share) {
    return Duration.ofNanos((long) (budget.toNanos() * share));
  }

  /**
   * How long to wait for what is being inferred.
   *
   * @param usual where batches are shorter: what comes behind them is worth so long, too
   */
  public Duration batchWait(Duration usual) {
    Duration wanted = batch.compareTo(usual) < 0 ? usual : batch;
    Duration most = work.dividedBy(2);
    return !finishBatch ? Duration.ZERO : most.compareTo(wanted) < 0 ? most : wanted;
  }
}
