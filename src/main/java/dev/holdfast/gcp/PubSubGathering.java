package dev.holdfast.gcp;

import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;

/**
 * What is asked of Pub/Sub, many in one call. What has no room is refused: nothing waits without a
 * bound, and nobody is blocked. Thread-safe.
 *
 * @param <K> what one call can have only one of
 * @param <T> what a call has many of
 */
final class PubSubGathering<K, T> {

  /** What waits for its call or for that call's end. */
  private static final int PENDING_MAX = 10_000;

  private static final long PENDING_BYTES_MAX = 16L << 20;
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private final Gathering<K, Entry<T>> gathering;
  private final BiFunction<K, List<T>, Future<?>> call;
  private int pending;
  private long pendingBytes;

  /** Equal to itself only, so that equal items may share a call. */
  private static final class Entry<T> {
    private final T item;
    private final int bytes;
    private final Promise<Void> promise = Promise.promise();

    Entry(T item, int bytes) {
      this.item = item;
      this.bytes = bytes;
    }
  }

  /**
   * @param call does for many; its future completes within the time that the caller of {@link #add}
   *     has
   */
  PubSubGathering(
      PubSubClients clients, Gathering.Limits limits, BiFunction<K, List<T>, Future<?>> call) {
    this.gathering =
        new Gathering<>(limits, clients.timers(), clients.inHand(), entry -> entry, this::send);
    this.call = call;
  }

  /** Completes as the call does, on the library's thread. */
  Future<Void> add(K key, T item, int bytes) {
    synchronized (this) {
      if (pending >= PENDING_MAX || pendingBytes + bytes > PENDING_BYTES_MAX) {
        return unavailable("Too many calls to Pub/Sub wait for its answer.");
      }
      pending++;
      pendingBytes += bytes;
    }
    Entry<T> entry = new Entry<>(item, bytes);
    if (!gathering.add(key, entry, bytes)) {
      ended(List.of(entry));
      return unavailable("This process is closing.");
    }
    return entry.promise.future();
  }

  private static Future<Void> unavailable(String why) {
    return Future.failedFuture(new JobException(JobError.UNAVAILABLE, why, RETRY_AFTER));
  }

  private void send(K key, List<Entry<T>> entries) {
    call.apply(key, entries.stream().map(entry -> entry.item).toList())
        .onComplete(
            done -> {
              ended(entries);
              for (Entry<T> entry : entries) {
                if (done.succeeded()) {
                  entry.promise.tryComplete();
                } else {
                  entry.promise.tryFail(done.cause());
                }
              }
            });
  }

  private synchronized void ended(List<Entry<T>> entries) {
    pending -= entries.size();
    for (Entry<T> entry : entries) {
      pendingBytes -= entry.bytes;
    }
  }

  /** Sends at once what has been gathered, and refuses what comes later. */
  void close() {
    gathering.close();
  }
}
