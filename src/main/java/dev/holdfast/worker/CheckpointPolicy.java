package dev.holdfast.worker;

import java.time.Duration;

/**
 * When a part is cut: often enough that little is lost, seldom enough that it costs little.
 * Thread-safe.
 *
 * <p>A tuned policy follows Daly: for a cost C of cutting a part and a mean time M between
 * interruptions, the span that wastes least is about sqrt(2CM) (J. T. Daly, "A higher order
 * estimate of the optimum checkpoint interval for restart dumps", 2006, equation 37). Both are
 * measured; what was assumed of M counts as one interruption that was seen.
 *
 * <p>C is what a cut takes from inference, not how long its part is on its way: the upload runs
 * beside the next span, and what it takes is lost with a dead worker whatever the span is. The best
 * span does not depend on that latency (N. H. Vaidya, "Impact of checkpoint latency on overhead
 * ratio of a checkpointing scheme", IEEE Transactions on Computers 46(8), 1997). So a slow object
 * store does not make a lost worker cost more.
 */
final class CheckpointPolicy {

  /** A part is never larger than this, so that a span always fits in memory. */
  static final int PART_BYTES_MAX = 16 * 1024 * 1024;

  /** Spans of a tuned policy. */
  static final Duration SPAN_MIN = Duration.ofSeconds(5);

  static final Duration SPAN_MAX = Duration.ofMinutes(5);

  /** Until a part was cut. */
  static final Duration SPAN_FIRST = Duration.ofSeconds(20);

  /**
   * What a cut costs at least: what cannot be seen from the loop is the work of other threads and
   * of the stores, and that a shorter span leaves fewer items to choose batches of one length from.
   * At one interruption an hour it makes a span of {@link #SPAN_FIRST}.
   */
  static final Duration COST_MIN = Duration.ofMillis(56);

  /** What takes longer is an outage, which no span cures. */
  static final Duration COST_MAX = Duration.ofSeconds(1);

  /** How much of the newest part's cost goes into the mean. */
  private static final double COST_WEIGHT = 0.2;

  private final boolean tuned;
  private volatile long spanNanos;
  private double costSeconds = seconds(COST_MIN);
  private double workedSeconds;
  private long interruptions = 1;

  private CheckpointPolicy(boolean tuned, Duration span, Duration betweenInterruptions) {
    this.tuned = tuned;
    this.spanNanos = span.toNanos();
    this.workedSeconds = seconds(betweenInterruptions);
  }

  /** Spans of one length. */
  static CheckpointPolicy fixed(Duration span) {
    return new CheckpointPolicy(false, span, Duration.ZERO);
  }

  /**
   * Spans that follow what is measured.
   *
   * @param betweenInterruptions what to assume until some were seen
   */
  static CheckpointPolicy tuned(Duration betweenInterruptions) {
    return new CheckpointPolicy(true, SPAN_FIRST, betweenInterruptions);
  }

  /** A part was cut, which kept inference waiting for so long. */
  synchronized void cut(Duration cost) {
    double newest = Math.min(seconds(COST_MAX), Math.max(seconds(COST_MIN), seconds(cost)));
    costSeconds += COST_WEIGHT * (newest - costSeconds);
    tune();
  }

  /**
   * A worker was at work for so long.
   *
   * @param interrupted whether work was lost at the end of it
   */
  synchronized void worked(Duration time, boolean interrupted) {
    workedSeconds += seconds(time);
    interruptions += interrupted ? 1 : 0;
    tune();
  }

  private void tune() {
    if (tuned) {
      double best = daly(costSeconds, betweenInterruptionsSeconds());
      double clamped = Math.min(seconds(SPAN_MAX), Math.max(seconds(SPAN_MIN), best));
      spanNanos = (long) (clamped * 1e9);
    }
  }

  /** What a cut costs, in seconds; the mean of the newest. */
  synchronized double costSeconds() {
    return costSeconds;
  }

  /** The mean time between two losses of work, in seconds. */
  synchronized double betweenInterruptionsSeconds() {
    return workedSeconds / interruptions;
  }

  /** The best span in seconds for a cost and a mean time between interruptions, in seconds. */
  static double daly(double cost, double between) {
    double share = cost / (2 * between);
    return share >= 1
        ? between
        : Math.sqrt(2 * cost * between) * (1 + Math.sqrt(share) / 3 + share / 9) - cost;
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  /** How much work a worker that dies may cost. */
  Duration span() {
    return Duration.ofNanos(spanNanos);
  }

  /**
   * Whether to cut now: waiting for the next window would take what is gathered past half a span.
   * The other half is for what is inferred but cannot be gathered yet, so that a worker that dies
   * loses no more than one span.
   *
   * @param ageNanos since the span's first item was begun
   * @param windowNanos what the last window took
   * @param bytes rows in the span so far
   */
  boolean due(long ageNanos, long windowNanos, long bytes) {
    return ageNanos + windowNanos > spanNanos / 2 || bytes >= PART_BYTES_MAX / 2;
  }

  /** How many of one job's items may be on their way: a sixth of a span's. */
  int readAheadItems(double itemsPerSecond) {
    return (int) Math.min(Integer.MAX_VALUE, itemsPerSecond * spanNanos / 6e9);
  }

  /**
   * How many items make a window that takes a sixteenth of a span.
   *
   * @param itemsPerSecond measured, or 0 if nothing was yet
   */
  int windowItems(double itemsPerSecond) {
    return (int) Math.min(Integer.MAX_VALUE, itemsPerSecond * spanNanos / 16e9);
  }
}
