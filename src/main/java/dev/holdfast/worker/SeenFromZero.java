package dev.holdfast.worker;

import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Counters that are not known beforehand, such as one for each zone that a worker was lost in. Who
 * asks Prometheus for an increase does not see what a counter began with, and Managed Prometheus
 * takes the first value that it reads for zero (GoogleCloudPlatform/prometheus-engine,
 * pkg/export/transform.go). So what comes in a counter's first time waits until its zero was read.
 * Thread-safe.
 */
final class SeenFromZero {

  /** Twice as long as from one reading to the next (deploy/gke, PodMonitoring). */
  static final Duration READ_WITHIN = Duration.ofMinutes(1);

  private final Map<Counter, Long> begunNanos = new HashMap<>();
  private final List<Counter> waiting = new ArrayList<>();

  /** Counts one more, now or once the counter's zero was read. */
  synchronized void count(Counter counter, long nowNanos) {
    if (isRead(begunNanos.computeIfAbsent(counter, begun -> nowNanos), nowNanos)) {
      counter.increment();
    } else {
      waiting.add(counter);
    }
  }

  /** Counts what has waited long enough; call it now and then. */
  synchronized void settle(long nowNanos) {
    waiting.removeIf(
        counter -> {
          boolean read = isRead(begunNanos.getOrDefault(counter, nowNanos), nowNanos);
          if (read) {
            counter.increment();
          }
          return read;
        });
  }

  private static boolean isRead(long begun, long nowNanos) {
    return nowNanos - begun >= READ_WITHIN.toNanos();
  }
}
