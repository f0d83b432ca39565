package dev.holdfast.api;

import dev.holdfast.job.Clocked;
import java.time.Duration;
import java.util.function.Consumer;

/** Whether an event loop still comes round. Thread-safe. */
final class LoopPulse {

  /** No handler may take so long, whatever the machine is busy with. */
  static final Duration STUCK_AFTER = Duration.ofSeconds(60);

  private final Consumer<Runnable> onLoop;
  private final Clocked clock;
  private long askedNanos;
  private boolean asked;

  LoopPulse(Consumer<Runnable> onLoop, Clocked clock) {
    this.onLoop = onLoop;
    this.clock = clock;
  }

  /** To be asked now and then: what is stuck is found by a question not answered since. */
  synchronized boolean stuck() {
    if (!asked) {
      asked = true;
      askedNanos = clock.nanos();
      onLoop.accept(this::answered);
    }
    return asked && clock.nanos() - askedNanos >= STUCK_AFTER.toNanos();
  }

  private synchronized void answered() {
    asked = false;
  }
}
