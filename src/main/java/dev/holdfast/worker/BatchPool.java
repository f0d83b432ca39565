package dev.holdfast.worker;

import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.worker.InferenceEngine.Prepared;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Prepared items of all jobs, waiting to be inferred. A batch is built around the item that has
 * waited longest, from the items nearest to it in length: nobody starves, and little is padding.
 * Thread-safe.
 */
final class BatchPool {

  /** One item in the pool. */
  static final class Entry {
    final Window window;
    final int line;
    final Prepared prepared;
    private final long sequence;
    private final long sinceNanos;
    private boolean taken;

    private Entry(Window window, int line, Prepared prepared, long sequence, long sinceNanos) {
      this.window = window;
      this.line = line;
      this.prepared = prepared;
      this.sequence = sequence;
      this.sinceNanos = sinceNanos;
    }

    private int tokens() {
      return prepared.tokens();
    }
  }

  /**
   * An item that may enter the pool.
   *
   * @param line its place in the window
   */
  record Arrival(Window window, int line, Prepared prepared) {}

  private static final Comparator<Entry> BY_LENGTH =
      Comparator.comparingInt(Entry::tokens).thenComparingLong(e -> e.sequence);

  private final BatchLimits limits;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Object, TreeSet<Entry>> bySignature = new HashMap<>();
  private final ArrayDeque<Entry> byAge = new ArrayDeque<>();
  private long sequence;
  private boolean closed;

  BatchPool(BatchLimits limits) {
    this.limits = limits;
  }

  void add(Collection<Arrival> arrivals) {
    long now = System.nanoTime();
    lock.lock();
    try {
      for (Arrival a : arrivals) {
        Entry entry = new Entry(a.window(), a.line(), a.prepared(), sequence++, now);
        bySignature
            .computeIfAbsent(a.prepared().signature(), s -> new TreeSet<>(BY_LENGTH))
            .add(entry);
        byAge.add(entry);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes the next batch; waits for one, and for the oldest item's company no longer than the
   * limits' delay.
   *
   * @return not empty; null once the pool is closed
   */
  @Nullable List<Entry> take() throws InterruptedException {
    lock.lock();
    try {
      while (!closed) {
        Entry oldest = oldest();
        if (oldest == null) {
          changed.await();
          continue;
        }
        List<Entry> batch = new ArrayList<>();
        boolean full = gather(oldest, batch);
        long waited = System.nanoTime() - oldest.sinceNanos;
        long delay = limits.delayMax().toNanos();
        if (!full && waited < delay) {
          changed.awaitNanos(delay - waited);
          continue;
        }
        batch.forEach(this::remove);
        return batch;
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Entry oldest() {
    while (true) {
      Entry oldest = byAge.peek();
      if (oldest == null || (!oldest.taken && !oldest.window.cancelled())) {
        return oldest;
      }
      byAge.remove();
      if (!oldest.taken) {
        remove(oldest);
      }
    }
  }

  private void remove(Entry entry) {
    entry.taken = true;
    Object signature = entry.prepared.signature();
    TreeSet<Entry> waiting = bySignature.get(signature);
    if (waiting != null) {
      waiting.remove(entry);
      if (waiting.isEmpty()) {
        bySignature.remove(signature);
      }
    }
  }

  /** Fills {@code batch}; true if no further item would fit, false if there is no further item. */
  private boolean gather(Entry anchor, List<Entry> batch) {
    TreeSet<Entry> waiting =
        bySignature.getOrDefault(anchor.prepared.signature(), new TreeSet<>(BY_LENGTH));
    Iterator<Entry> down = waiting.headSet(anchor, false).descendingIterator();
    Iterator<Entry> up = waiting.tailSet(anchor, false).iterator();
    batch.add(anchor);
    int longest = anchor.tokens();
    Entry shorter = nextLive(down);
    Entry longer = nextLive(up);
    while (shorter != null || longer != null) {
      if (batch.size() == limits.itemsMax()) {
        return true;
      }
      int below = shorter == null ? Integer.MAX_VALUE : anchor.tokens() - shorter.tokens();
      int above = longer == null ? Integer.MAX_VALUE : longer.tokens() - anchor.tokens();
      boolean grow = longer != null && above < below && fits(batch.size() + 1, longer.tokens());
      if (grow && longer != null) {
        batch.add(longer);
        longest = longer.tokens();
        longer = nextLive(up);
      } else if (shorter != null && fits(batch.size() + 1, longest)) {
        batch.add(shorter);
        shorter = nextLive(down);
      } else if (longer != null && fits(batch.size() + 1, longer.tokens())) {
        batch.add(longer);
        longest = longer.tokens();
        longer = nextLive(up);
      } else {
        return true;
      }
    }
    return batch.size() == limits.itemsMax();
  }

  private static @Nullable Entry nextLive(Iterator<Entry> entries) {
    while (entries.hasNext()) {
      Entry entry = entries.next();
      if (!entry.window.cancelled()) {
        return entry;
      }
    }
    return null;
  }

  private boolean fits(int items, int longest) {
    return (long) items * longest <= limits.tokensMax();
  }

  /**
   * Lets every {@link #take} return. May be called again, for what arrived in between.
   *
   * @return what was never taken
   */
  List<Entry> close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
      return byAge.stream().filter(e -> !e.taken).toList();
    } finally {
      lock.unlock();
    }
  }
}
