package dev.holdfast.gcp;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * The messages of jobs that this process has leased and not settled. Where there are many, each
 * waits for its turn longer than for any call, so that calls may wait for one another. Thread-safe.
 */
final class InHand {

  /** More than a worker has that keeps up, at a tenth of a second for each and 500 a second. */
  static final int MANY = 64;

  private final Map<String, Long> leasedUntil = new ConcurrentHashMap<>();
  private final LongSupplier nanos;

  InHand() {
    this(System::nanoTime);
  }

  InHand(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** What a pull brought, if anything; drops what has had no word since its lease ended. */
  void taken(Collection<String> ids, Duration lease) {
    long now = nanos.getAsLong();
    leasedUntil.values().removeIf(until -> until - now < 0);
    ids.forEach(id -> leasedUntil.put(id, now + lease.toNanos()));
  }

  void extended(Collection<String> ids, Duration lease) {
    long until = nanos.getAsLong() + lease.toNanos();
    ids.forEach(id -> leasedUntil.replace(id, until));
  }

  void settled(String id) {
    leasedUntil.remove(id);
  }

  boolean many() {
    return leasedUntil.size() >= MANY;
  }
}
