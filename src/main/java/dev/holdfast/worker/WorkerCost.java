package dev.holdfast.worker;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.function.LongSupplier;

/** What a worker has cost since it began, in whatever its price is told in. */
public final class WorkerCost {

  private static final double HOUR_NANOS = Duration.ofHours(1).toNanos();

  private WorkerCost() {}

  /**
   * Counts from now on. Over the items of the same time it is the price of an item, idle time and
   * work that was done twice counted in.
   *
   * @param pricePerHour of the machine, or of this worker's share of it
   * @param nanos a stopwatch
   */
  public static void count(MeterRegistry meters, double pricePerHour, LongSupplier nanos) {
    long from = nanos.getAsLong();
    // a counter holds what it counts weakly, so it is given what lives as long as it does
    FunctionCounter.builder(
            "holdfast.cost", meters, any -> (nanos.getAsLong() - from) / HOUR_NANOS * pricePerHour)
        .register(meters);
  }
}
