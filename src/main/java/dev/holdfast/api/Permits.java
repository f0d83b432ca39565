package dev.holdfast.api;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** A bounded number of places. Safe for use by many threads. */
final class Permits {

  private final int max;
  private final AtomicInteger taken = new AtomicInteger();

  Permits(int max) {
    this.max = max;
  }

  /** A place, or empty if all are taken. */
  Optional<Permit> take() {
    int before = taken.getAndUpdate(n -> n < max ? n + 1 : n);
    return before < max ? Optional.of(new Permit()) : Optional.empty();
  }

  int taken() {
    return taken.get();
  }

  int max() {
    return max;
  }

  /** A place to be given back; giving it back twice is harmless. */
  final class Permit {
    private final AtomicBoolean given = new AtomicBoolean();

    private Permit() {}

    void giveBack() {
      if (given.compareAndSet(false, true)) {
        taken.decrementAndGet();
      }
    }
  }
}
