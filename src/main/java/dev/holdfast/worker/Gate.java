package dev.holdfast.worker;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;

/**
 * Bounds what is on its way through the batcher, in items and bytes, for all jobs together. First
 * come, first served, one window at a time: a job with a million items gets no more than its turn.
 * A window larger than the whole gate passes alone. Thread-safe.
 */
final class Gate {

  private record Waiting(int items, long bytes, Promise<Void> admitted) {}

  private final int itemsMax;
  private final long bytesMax;
  private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
  private int items;
  private long bytes;

  Gate(int itemsMax, long bytesMax) {
    this.itemsMax = itemsMax;
    this.bytesMax = bytesMax;
  }

  /** Completes when the window may enter; it must then {@link #leave}. */
  Future<Void> enter(int items, long bytes) {
    Waiting waiting = new Waiting(items, bytes, Promise.promise());
    synchronized (this) {
      if (!queue.isEmpty() || !fits(waiting)) {
        queue.add(waiting);
        return waiting.admitted.future();
      }
      admit(waiting);
    }
    return Future.succeededFuture();
  }

  void leave(int items, long bytes) {
    ArrayDeque<Waiting> next = new ArrayDeque<>();
    synchronized (this) {
      this.items -= items;
      this.bytes -= bytes;
      while (!queue.isEmpty() && fits(queue.peek())) {
        Waiting waiting = queue.remove();
        admit(waiting);
        next.add(waiting);
      }
    }
    next.forEach(waiting -> waiting.admitted.complete());
  }

  synchronized int items() {
    return items;
  }

  private boolean fits(Waiting waiting) {
    return items == 0 || (items + waiting.items <= itemsMax && bytes + waiting.bytes <= bytesMax);
  }

  private void admit(Waiting waiting) {
    items += waiting.items;
    bytes += waiting.bytes;
  }
}
