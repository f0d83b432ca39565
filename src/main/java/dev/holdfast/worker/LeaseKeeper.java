package dev.holdfast.worker;

import dev.holdfast.job.Job;
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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what the worker holds: extends every delivery in one call, three times a lease, and renews
 * the lease on a job's record when nothing else has written it lately.
 *
 * <p>Only the record's lease says whose job it is. An attempt whose delivery could not be extended
 * goes on: if the message has come to another worker by then, that one finds the job busy.
 *
 * <p>Runs on a thread of its own, neither the event loop nor an inference thread, so that neither a
 * long forward call nor a busy loop lets a lease run out.
 */
final class LeaseKeeper implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);

  private static final class Held {
    volatile @Nullable Attended attended;
  }

  private record Attended(AttemptRecord record, Consumer<Throwable> fencedOut) {}

  private final JobQueue queue;
  private final WorkerMetrics metrics;
  private final Duration lease;
  private final Map<Delivery, Held> held = new ConcurrentHashMap<>();
  private final Duration interval;
  private @Nullable ScheduledExecutorService thread;
  private @Nullable ScheduledFuture<?> turns;

  LeaseKeeper(JobQueue queue, WorkerOptions options, WorkerMetrics metrics) {
    this.queue = queue;
    this.metrics = metrics;
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
    held.put(delivery, new Held());
  }

  /**
   * Keeps the record of the job that was delivered, too.
   *
   * @param fencedOut hears, on any thread and perhaps more than once, that the record is not the
   *     attempt's any more
   */
  void attend(Delivery delivery, AttemptRecord record, Consumer<Throwable> fencedOut) {
    Held entry = held.get(delivery);
    if (entry != null) {
      entry.attended = new Attended(record, fencedOut);
    }
  }

  /** Lets go of a delivery that was settled or forgotten. */
  void remove(Delivery delivery) {
    held.remove(delivery);
  }

  int size() {
    return held.size();
  }

  /**
   * What would be lost if this worker were gone: items that were inferred and are in no part yet,
   * and one for each delivery that it holds.
   */
  long atStake() {
    long items = 0;
    for (Held entry : held.values()) {
      Attended attended = entry.attended;
      Job job = attended == null ? null : attended.record().latest();
      items += 1 + (job == null ? 0 : job.progress().done() - job.checkpoint().nextItem());
    }
    return items;
  }

  /** Extends and renews whatever is due; three times a lease. */
  void turn() {
    try {
      List<Delivery> deliveries = new ArrayList<>(held.keySet());
      if (deliveries.isEmpty()) {
        return;
      }
      queue
          .extend(deliveries, lease)
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

  private void keep(Held entry) {
    Attended attended = entry.attended;
    // by half a turn: what was written at the last one must not wait for the one after this
    if (attended != null && attended.record().age().compareTo(interval.dividedBy(2)) > 0) {
      attended
          .record()
          .renewed()
          .onFailure(
              e -> {
                if (e instanceof AttemptRecord.FencedOut) {
                  attended.fencedOut().accept(e);
                } else {
                  LOG.debug("could not renew a record's lease: {}", e.toString());
                }
              });
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
