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
 */
final class CheckpointPolicy {

  /** A part is never larger than this, so that a span always fits in memory. */
  static final int PART_BYTES_MAX = 16 * 1024 * 1024;

  /** Spans of a tuned policy. */
  static final Duration SPAN_MIN = Duration.ofSeconds(5);

  static final Duration SPAN_MAX = Duration.ofMinutes(5);

  /** Until a part was cut. */
  static final Duration SPAN_FIRST = Duration.ofSeconds(10);

  /** How much of the newest part's cost goes into the mean. */
  private static final double COST_WEIGHT = 0.2;

  private final boolean tuned;
  private volatile long spanNanos;
  private double costSeconds;
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

  /** A part was made durable, and its checkpoint moved, in so long. */
  synchronized void cut(Duration cost) {
    double newest = seconds(cost);
    costSeconds = costSeconds == 0 ? newest : costSeconds + COST_WEIGHT * (newest - costSeconds);
    tune();
  }

  /**
   * An attempt worked for so long.
   *
   * @param interrupted whether it ended because its worker had to go or died
   */
  synchronized void worked(Duration time, boolean interrupted) {
    workedSeconds += seconds(time);
    interruptions += interrupted ? 1 : 0;
    tune();
  }

  private void tune() {
    if (tuned && costSeconds > 0) {
      double best = daly(costSeconds, workedSeconds / interruptions);
      double clamped = Math.min(seconds(SPAN_MAX), Math.max(seconds(SPAN_MIN), best));
      spanNanos = (long) (clamped * 1e9);
    }
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
