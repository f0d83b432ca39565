package dev.holdfast.shutdown;

import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;

/**
 * What sources run on.
 *
 * @param clock turns a time of day that a cloud names into what is left until then
 * @param waits between one look and the next
 * @param limits how long an answer may take
 * @param chance 0 to below 1, for the jitter of the back-off
 */
record Clockwork(
    Vertx vertx, InstantSource clock, Timers waits, Timers limits, DoubleSupplier chance) {

  static Clockwork of(Vertx vertx, InstantSource clock) {
    Timers timers = Timers.of(vertx);
    return new Clockwork(
        vertx, clock, timers, timers, () -> ThreadLocalRandom.current().nextDouble());
  }
}
