package dev.holdfast.api;

import java.time.Duration;
import java.util.function.LongSupplier;

/** How many frames a client may send: so many at once, and as many again with each second. */
final class FrameBudget {

  private static final double NANOS_PER_SECOND = Duration.ofSeconds(1).toNanos();

  private final int perSecond;
  private final LongSupplier nanos;
  private double left;
  private long since;

  FrameBudget(int perSecond, LongSupplier nanos) {
    this.perSecond = perSecond;
    this.nanos = nanos;
    this.left = perSecond;
    this.since = nanos.getAsLong();
  }

  int perSecond() {
    return perSecond;
  }

  /** Whether one more is allowed. */
  boolean spend() {
    long now = nanos.getAsLong();
    left = Math.min(perSecond, left + perSecond * (now - since) / NANOS_PER_SECOND);
    since = now;
    if (left < 1) {
      return false;
    }
    left--;
    return true;
  }
}
