package dev.holdfast.gcp;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many messages of jobs this process has and has not settled. Where there are many, each waits
 * for its turn longer than for any call, so that calls may wait for one another. Thread-safe.
 */
final class InHand {

  /** More than a worker has that keeps up, at a tenth of a second for each and 500 a second. */
  static final int MANY = 64;

  private final AtomicInteger messages = new AtomicInteger();

  void taken(int count) {
    messages.addAndGet(count);
  }

  void settled() {
    messages.decrementAndGet();
  }

  boolean many() {
    return messages.get() >= MANY;
  }
}
