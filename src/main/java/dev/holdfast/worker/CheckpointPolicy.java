package dev.holdfast.worker;

import java.time.Duration;

/** When a part is cut: often enough that little is lost, seldom enough that it costs little. */
final class CheckpointPolicy {

  /** A part is never larger than this, so that a span always fits in memory. */
  static final int PART_BYTES_MAX = 16 * 1024 * 1024;

  private final long spanNanos;

  CheckpointPolicy(Duration span) {
    this.spanNanos = span.toNanos();
  }

  /**
   * Whether to cut now: waiting for the next window would take what is gathered past half a span.
   * The other half is for what is inferred but cannot be gathered yet, so that a worker that dies
   * loses no more than one span.
   *
   * @param spanNanos since the span's first item was begun
   * @param windowNanos what the last window took
   * @param bytes rows in the span so far
   */
  boolean due(long spanNanos, long windowNanos, long bytes) {
    return spanNanos + windowNanos > this.spanNanos / 2 || bytes >= PART_BYTES_MAX / 2;
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
