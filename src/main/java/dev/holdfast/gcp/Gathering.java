package dev.holdfast.gcp;

import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Gathers what is asked for within a few milliseconds, so that one call does for all of it. What
 * has no room is refused: nothing waits without a bound, and nobody is blocked. Thread-safe.
 *
 * @param <K> what one call can have only one of
 * @param <T> what a call has many of
 */
final class Gathering<K, T> {

  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  /** The call that does for many. */
  interface Send<K, T> {
    /** Completes within the time that the caller of {@link Gathering#add} has. */
    Future<?> send(K key, List<T> items);
  }

  /**
   * @param linger how long the first of a call waits for others
   * @param itemsMax of one call
   * @param bytesMax of one call; its last item may go over
   * @param pendingMax items whose call has not ended
   * @param pendingBytesMax of those together
   */
  record Limits(
      Duration linger, int itemsMax, int bytesMax, int pendingMax, long pendingBytesMax) {}

  private final PubSubClients clients;
  private final Limits limits;
  private final Send<K, T> send;
  private final Map<K, Batch<T>> open = new HashMap<>();
  private int pending;
  private long pendingBytes;
  private boolean closed;

  Gathering(PubSubClients clients, Limits limits, Send<K, T> send) {
    this.clients = clients;
    this.limits = limits;
    this.send = send;
  }

  /** Completes as the call does, on the library's thread. */
  Future<Void> add(K key, T item, int bytes) {
    Batch<T> batch;
    boolean first;
    boolean full;
    synchronized (this) {
      if (closed) {
        return unavailable("This process is closing.");
      }
      if (pending >= limits.pendingMax() || pendingBytes + bytes > limits.pendingBytesMax()) {
        return unavailable("Too many calls to Pub/Sub wait for its answer.");
      }
      pending++;
      pendingBytes += bytes;
      batch = open.computeIfAbsent(key, k -> new Batch<>());
      batch.items.add(item);
      batch.bytes += bytes;
      first = batch.items.size() == 1;
      full = batch.items.size() >= limits.itemsMax() || batch.bytes >= limits.bytesMax();
      if (full) {
        open.remove(key);
      }
    }
    if (full) {
      send(key, batch);
    } else if (first) {
      clients.after(limits.linger(), () -> due(key, batch));
    }
    return batch.promise.future();
  }

  private static Future<Void> unavailable(String why) {
    return Future.failedFuture(new JobException(JobError.UNAVAILABLE, why, RETRY_AFTER));
  }

  private void due(K key, Batch<T> batch) {
    synchronized (this) {
      if (!open.remove(key, batch)) {
        return;
      }
    }
    send(key, batch);
  }

  private void send(K key, Batch<T> batch) {
    send.send(key, batch.items)
        .onComplete(
            done -> {
              synchronized (this) {
                pending -= batch.items.size();
                pendingBytes -= batch.bytes;
              }
              if (done.succeeded()) {
                batch.promise.tryComplete();
              } else {
                batch.promise.tryFail(done.cause());
              }
            });
  }

  /** Sends at once what has been gathered, and refuses what comes later. */
  void close() {
    Map<K, Batch<T>> last;
    synchronized (this) {
      closed = true;
      last = Map.copyOf(open);
      open.clear();
    }
    last.forEach(this::send);
  }

  /** What goes in one call; guarded by the gathering's lock until it is sent. */
  private static final class Batch<T> {
    private final List<T> items = new ArrayList<>();
    private final Promise<Void> promise = Promise.promise();
    private int bytes;
  }
}
