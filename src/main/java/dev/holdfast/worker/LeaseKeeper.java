package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobQueue.Delivery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what the worker holds: extends every delivery in one call, three times a lease, and renews
 * the lease on a job's record when nothing else has written it lately.
 *
 * <p>Runs on a thread of its own, neither the event loop nor an inference thread, so that neither a
 * long forward call nor a busy loop lets a lease run out.
 */
final class LeaseKeeper implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);

  private static final class Held {
    volatile long untilNanos;
    volatile @Nullable AttemptRecord record;
    volatile @Nullable Runnable lost;
  }

  private final JobQueue queue;
  private final WorkerMetrics metrics;
  private final Duration lease;
  private final Map<Delivery, Held> held = new ConcurrentHashMap<>();
  private final Clocked clock;
  private final Duration interval;
  private @Nullable ScheduledExecutorService thread;
  private @Nullable ScheduledFuture<?> turns;

  LeaseKeeper(JobQueue queue, WorkerOptions options, WorkerMetrics metrics, Clocked clock) {
    this.queue = queue;
    this.metrics = metrics;
    this.clock = clock;
    this.lease = options.lease();
    this.interval = options.leaseInterval();
  }

  /** Begins to take turns, on a thread of its own. Call once. */
  synchronized void start() {
    ScheduledExecutorService own =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread t = new Thread(task, "holdfast-lease");
              t.setDaemon(true);
              return t;
            });
    long millis = interval.toMillis();
    turns = own.scheduleAtFixedRate(this::turn, millis, millis, TimeUnit.MILLISECONDS);
    thread = own;
  }

  /** Keeps a delivery from now on. */
  void add(Delivery delivery) {
    Held entry = new Held();
    entry.untilNanos = clock.nanos() + lease.toNanos();
    held.put(delivery, entry);
  }

  /**
   * Keeps the record of the job that was delivered, too.
   *
   * @param lost called once, on this keeper's thread, when the delivery could not be extended in
   *     time: it may be somebody else's now
   */
  void attend(Delivery delivery, AttemptRecord record, Runnable lost) {
    Held entry = held.get(delivery);
    if (entry != null) {
      entry.record = record;
      entry.lost = lost;
    }
  }

  /** Lets go of a delivery that was settled or forgotten. */
  void remove(Delivery delivery) {
    held.remove(delivery);
  }

  int size() {
    return held.size();
  }

  /** Extends and renews whatever is due; three times a lease. */
  void turn() {
    try {
      List<Delivery> deliveries = new ArrayList<>(held.keySet());
      if (deliveries.isEmpty()) {
        return;
      }
      long asked = clock.nanos();
      queue
          .extend(deliveries, lease)
          .onSuccess(done -> deliveries.forEach(d -> extended(d, asked + lease.toNanos())))
          .onFailure(
              e -> {
                metrics.leaseFailures.increment();
                LOG.warn(
                    "could not extend {} leases, which is tried again in {} s: {}",
                    deliveries.size(),
                    lease.toSeconds() / 3.0,
                    e.toString());
              });
      for (Held entry : held.values()) {
        keep(entry);
      }
    } catch (RuntimeException e) {
      LOG.error("the lease keeper stumbled; it goes on at its next turn", e);
    }
  }

  private void extended(Delivery delivery, long untilNanos) {
    Held entry = held.get(delivery);
    if (entry != null) {
      entry.untilNanos = untilNanos;
    }
  }

  private void keep(Held entry) {
    AttemptRecord record = entry.record;
    Runnable lost = entry.lost;
    if (clock.nanos() - entry.untilNanos > 0 && lost != null) {
      entry.lost = null;
      lost.run();
    } else if (record != null && record.age().compareTo(lease.dividedBy(3)) > 0) {
      record
          .renewed()
          .onFailure(e -> LOG.debug("could not renew a record's lease: {}", e.toString()));
    }
  }

  @Override
  public synchronized void close() {
    if (turns != null) {
      turns.cancel(false);
    }
    if (thread != null) {
      thread.shutdown();
    }
  }
}
