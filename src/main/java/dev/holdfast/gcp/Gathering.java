package dev.holdfast.gcp;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Many small things that one call can do together. While calls come one in {@link Limits#interval}
 * or less, and none right after another, each thing is sent at once; what would make more of them
 * waits for the next call, and so shares it. So a lone request waits for nobody, what comes
 * together takes two calls, and under load there are few, fewer still where {@link InHand#many}.
 * Nobody is blocked. Thread-safe.
 *
 * @param <K> what one call can have only one of
 * @param <T> what a call has many of
 */
final class Gathering<K, T> {

  /** Where somebody waits; small beside what a call to another machine takes. */
  static final Duration INTERVAL = Duration.ofMillis(10);

  /** Calls one {@link #APART} after the other, after a pause that was long enough for as many. */
  static final int BURST = 4;

  /** At least the interval, with no call right after another, where {@link InHand#many}. */
  static final Duration UNHURRIED = Duration.ofMillis(30);

  /** What comes together has come by then, such as the reads of what one pull brought. */
  static final Duration APART = Duration.ofMillis(2);

  /** The call that does for many. */
  interface Send<K, T> {
    /**
     * Must not fail. Any thread.
     *
     * @param items at least one
     */
    void send(K key, List<T> items);
  }

  /** A stopwatch and a way to wait. */
  interface Timers {
    long nanos();

    void after(long nanos, Runnable task);

    @SuppressWarnings("FutureReturnValueIgnored") // one that comes in vain does nothing
    static Timers of(ScheduledExecutorService executor) {
      return new Timers() {
        @Override
        public long nanos() {
          return System.nanoTime();
        }

        @Override
        public void after(long nanos, Runnable task) {
          executor.schedule(task, nanos, TimeUnit.NANOSECONDS);
        }
      };
    }
  }

  /**
   * @param interval between calls of one key that are not full, in the long run; the longest that
   *     anything waits
   * @param itemsMax of one call
   * @param bytesMax of one call, but for an item that is larger by itself
   */
  record Limits(Duration interval, int itemsMax, int bytesMax) {}

  private final Limits limits;
  private final Timers timers;
  private final InHand inHand;
  private final Function<T, ?> once;
  private final Send<K, T> send;

  private final Map<K, Batch<K, T>> waiting = new HashMap<>();
  private final long apartNanos;
  private long nextAt;
  private long apartAt;
  private boolean closed;

  /**
   * @param inHand whose jobs the items are about
   * @param once what an item is about; of two that are about the same the first goes when the
   *     second comes
   */
  Gathering(Limits limits, Timers timers, InHand inHand, Function<T, ?> once, Send<K, T> send) {
    this.limits = limits;
    this.timers = timers;
    this.inHand = inHand;
    this.once = once;
    this.send = send;
    this.apartNanos = Math.min(APART.toNanos(), limits.interval().toNanos());
    this.nextAt = timers.nanos() - limits.interval().toNanos() * (BURST - 1);
    this.apartAt = timers.nanos();
  }

  /** False if this is closed. */
  boolean add(K key, T item, int bytes) {
    List<Batch<K, T>> ready = new ArrayList<>(2);
    synchronized (this) {
      if (closed) {
        return false;
      }
      Object about = once.apply(item);
      Batch<K, T> before = waiting.get(key);
      if (before != null
          && (before.bytes + bytes > limits.bytesMax() || before.about.contains(about))) {
        ready.add(leaving(before));
      }
      Batch<K, T> batch = waiting.computeIfAbsent(key, Batch::new);
      batch.add(item, about, bytes);
      if (batch.items.size() == limits.itemsMax()) {
        ready.add(leaving(batch));
      } else if (batch.items.size() == 1) {
        long now = timers.nanos();
        long wait = Math.max(nextAt - now, apartAt - now);
        if (wait <= 0) {
          ready.add(leaving(batch));
        } else {
          timers.after(wait, () -> due(batch));
        }
      }
    }
    ready.forEach(this::send);
    return true;
  }

  private Batch<K, T> leaving(Batch<K, T> batch) {
    waiting.remove(batch.key);
    long now = timers.nanos();
    boolean unhurried = inHand.many();
    long interval = limits.interval().toNanos();
    if (unhurried) {
      interval = Math.max(interval, UNHURRIED.toNanos());
    }
    long since = Math.max(nextAt - now, unhurried ? 0 : -interval * (BURST - 1));
    nextAt = now + Math.min(since + interval, interval);
    apartAt = now + apartNanos;
    return batch;
  }

  private void due(Batch<K, T> batch) {
    synchronized (this) {
      if (waiting.get(batch.key) != batch) {
        return;
      }
      leaving(batch);
    }
    send(batch);
  }

  private void send(Batch<K, T> batch) {
    send.send(batch.key, batch.items);
  }

  /** Sends at once whatever waits, and takes nothing that comes later. Idempotent. */
  void close() {
    List<Batch<K, T>> rest;
    synchronized (this) {
      closed = true;
      rest = List.copyOf(waiting.values());
      rest.forEach(this::leaving);
    }
    rest.forEach(this::send);
  }

  /** What goes in one call; guarded by the gathering's lock until it is sent. */
  private static final class Batch<K, T> {
    private final K key;
    private final List<T> items = new ArrayList<>();
    private final Set<Object> about = new HashSet<>();
    private int bytes;

    Batch(K key) {
      this.key = key;
    }

    void add(T item, Object about, int bytes) {
      this.items.add(item);
      this.about.add(about);
      this.bytes += bytes;
    }
  }
}
