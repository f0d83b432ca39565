package dev.holdfast.worker;

import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.worker.InferenceEngine.Prepared;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Prepared items of all jobs, waiting to be inferred. Batches are cut in sweeps, as an elevator
 * serves floors: from the longest item down to the shortest, each batch beginning where the last
 * one ended, and again from the top. What lies ahead of the sweep has gathered since it last came
 * by, so that a batch finds items of almost the same length even in a small pool, and little is
 * padding. An item that was passed over for longer than a sweep should take begins the next batch:
 * nobody starves. What is urgent has sweeps of its own, which come first. Thread-safe.
 */
final class BatchPool {

  /** One item in the pool. */
  static final class Entry {
    final Window window;
    final int line;
    final Prepared prepared;
    private final long sequence;
    private final long sinceNanos;
    private final long sinceBatch;
    private boolean taken;

    private Entry(Arrival arrival, long sequence, long sinceNanos, long sinceBatch) {
      this.window = arrival.window();
      this.line = arrival.line();
      this.prepared = arrival.prepared();
      this.sequence = sequence;
      this.sinceNanos = sinceNanos;
      this.sinceBatch = sinceBatch;
    }

    private int tokens() {
      return prepared.tokens();
    }

    private Group group() {
      return new Group(prepared.signature(), window.urgent());
    }
  }

  /** What the items of one batch have in common. */
  private record Group(Object signature, boolean urgent) {}

  /**
   * An item that may enter the pool.
   *
   * @param line its place in the window
   */
  record Arrival(Window window, int line, Prepared prepared) {}

  /** Batches that may pass an item over: more than a sweep over a full read-ahead has. */
  private static final int PASSED_OVER_MAX = 128;

  private static final Comparator<Entry> BY_LENGTH =
      Comparator.comparingInt(Entry::tokens).thenComparingLong(e -> e.sequence);

  private final BatchLimits limits;
  private final MemoryLimits memory;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Group, Waiting> groups = new HashMap<>();
  private final ArrayDeque<Entry> byAge = new ArrayDeque<>();
  private long sequence;
  private long batches;
  private final Promise<Void> idle = Promise.promise();
  private int running;
  private boolean leaving;
  private boolean closed;

  /** Items that may share a batch, and where the sweep over them is. */
  private static final class Waiting {
    final TreeSet<Entry> byLength = new TreeSet<>(BY_LENGTH);
    @Nullable Entry last;

    /** The item that the sweep comes to next. */
    Entry next() {
      Entry below = last == null ? null : byLength.lower(last);
      return below == null ? byLength.last() : below;
    }
  }

  BatchPool(BatchLimits limits, MemoryLimits memory) {
    this.limits = limits;
    this.memory = memory;
  }

  void add(Collection<Arrival> arrivals) {
    long now = System.nanoTime();
    lock.lock();
    try {
      for (Arrival a : arrivals) {
        Entry entry = new Entry(a, sequence++, now, batches);
        waiting(entry).byLength.add(entry);
        if (a.window().urgent()) {
          byAge.addFirst(entry);
        } else {
          byAge.add(entry);
        }
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
        Entry oldest = leaving ? null : oldest();
        if (oldest == null) {
          changed.await();
          continue;
        }
        Waiting waiting = waiting(oldest);
        List<Entry> batch = new ArrayList<>();
        boolean full = gather(waiting, oldest, batch);
        long waited = System.nanoTime() - oldest.sinceNanos;
        long delay = limits.delayMax().toNanos();
        if (!full && batch.size() == waiting.byLength.size() && waited < delay) {
          changed.awaitNanos(delay - waited);
          continue;
        }
        if (!starved(oldest)) {
          waiting.last = batch.get(batch.size() - 1);
        }
        batches++;
        batch.forEach(this::remove);
        running++;
        return batch;
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** A batch that was taken has been inferred. */
  void ended() {
    lock.lock();
    try {
      running--;
    } finally {
      lock.unlock();
    }
    tellIdle();
  }

  /**
   * No further batch is begun.
   *
   * @return completes when none runs any more
   */
  Future<Void> leave() {
    lock.lock();
    try {
      leaving = true;
    } finally {
      lock.unlock();
    }
    tellIdle();
    return idle.future();
  }

  private void tellIdle() {
    lock.lock();
    try {
      if (!leaving || running > 0) {
        return;
      }
    } finally {
      lock.unlock();
    }
    idle.tryComplete();
  }

  /** How many items are waiting, of all groups. */
  int size() {
    lock.lock();
    try {
      return groups.values().stream().mapToInt(waiting -> waiting.byLength.size()).sum();
    } finally {
      lock.unlock();
    }
  }

  private Waiting waiting(Entry entry) {
    return groups.computeIfAbsent(entry.group(), group -> new Waiting());
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
    Waiting waiting = waiting(entry);
    waiting.byLength.remove(entry);
    if (waiting.byLength.isEmpty()) {
      groups.remove(entry.group());
    }
  }

  private boolean starved(Entry entry) {
    return batches - entry.sinceBatch > PASSED_OVER_MAX;
  }

  /** Fills {@code batch} downwards; true if a further item did not fit. */
  private boolean gather(Waiting waiting, Entry oldest, List<Entry> batch) {
    Entry first = starved(oldest) ? oldest : liveFrom(waiting, oldest);
    batch.add(first);
    long paddedMax =
        Math.min(limits.tokensMax(), memory.padded(first.prepared.signature(), first.tokens()));
    for (Entry entry : waiting.byLength.headSet(first, false).descendingSet()) {
      if (entry.window.cancelled()) {
        continue;
      }
      if (batch.size() == limits.itemsMax() || (batch.size() + 1L) * first.tokens() > paddedMax) {
        return true;
      }
      batch.add(entry);
    }
    return batch.size() == limits.itemsMax();
  }

  /** The sweep's next item that somebody still wants; {@code oldest} is one. */
  private static Entry liveFrom(Waiting waiting, Entry oldest) {
    Entry next = waiting.next();
    if (!next.window.cancelled()) {
      return next;
    }
    for (Entry entry : waiting.byLength.headSet(next, false).descendingSet()) {
      if (!entry.window.cancelled()) {
        return entry;
      }
    }
    return oldest;
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
