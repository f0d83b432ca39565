package dev.holdfast.api;

import dev.holdfast.api.StatsHistory.Reading;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore.Load;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * How far behind we are, as numbers for the autoscaler and the alerts. What is not known is NaN,
 * and so is what was read too long ago: an autoscaler must take a gap for a gap and not for an
 * empty queue. Every replica shows the same numbers, since they are read from the store.
 * Thread-safe.
 */
final class Backlog {

  static final String JOBS = "holdfast.jobs";
  static final String ITEMS = "holdfast.queue.items";
  static final String OLDEST_AGE = "holdfast.queue.oldest.age";
  static final String DRAIN = "holdfast.queue.drain";

  /** After six samples that were not read. */
  static final Duration STALE = Duration.ofMinutes(1);

  /** The pace is that of the last five minutes. */
  static final int PACE_SAMPLES = 30;

  private final InstantSource clock;
  private volatile @Nullable Read last;

  private record Read(Reading reading, double itemsPerSecond) {
    Load load(JobState state) {
      return reading.backlog().getOrDefault(state, Load.NONE);
    }

    double oldestSeconds() {
      Duration oldest = reading.oldest();
      return oldest == null || oldest.isNegative() ? 0 : oldest.toMillis() / 1000.0;
    }

    double drainSeconds() {
      double items = reading.backlog().values().stream().mapToLong(Load::itemsLeft).sum();
      return items == 0 ? 0 : itemsPerSecond == 0 ? Double.NaN : items / itemsPerSecond;
    }
  }

  Backlog(MeterRegistry meters, InstantSource clock) {
    this.clock = clock;
    for (JobState state : JobState.values()) {
      if (!state.terminal()) {
        gauge(JOBS, read -> read.load(state).jobs())
            .tag("state", state.wireName())
            .register(meters);
        gauge(ITEMS, read -> read.load(state).itemsLeft())
            .tag("state", state.wireName())
            .register(meters);
      }
    }
    gauge(OLDEST_AGE, Read::oldestSeconds).baseUnit("seconds").register(meters);
    gauge(DRAIN, Read::drainSeconds).baseUnit("seconds").register(meters);
  }

  private Gauge.Builder<Backlog> gauge(String name, ToDoubleFunction<Read> value) {
    return Gauge.builder(name, this, backlog -> backlog.show(value)).strongReference(true);
  }

  private double show(ToDoubleFunction<Read> value) {
    Read read = last;
    return read == null || read.reading().at().plus(STALE).isBefore(clock.instant())
        ? Double.NaN
        : value.applyAsDouble(read);
  }

  /**
   * Takes a reading in.
   *
   * @param itemsPerSecond inferred lately, by all workers
   */
  void read(Reading reading, double itemsPerSecond) {
    last = new Read(reading, itemsPerSecond);
  }
}
