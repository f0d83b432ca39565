package dev.holdfast.bench;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** One job, and the socket that follows it. Thread-safe. */
final class Watched {

  private static final String BEFORE_ID = "{\"id\":";
  private static final long PAUSE_MILLIS_FIRST = Long.getLong("bench.pause.first", 100);
  private static final long PAUSE_MILLIS_MAX = Long.getLong("bench.pause.max", 800);

  private final Clocked clock;
  private final Map<Long, Long> writtenAt = new HashMap<>();
  private final Map<Long, Long> heardAt = new HashMap<>();
  private final List<Long> latencies = new ArrayList<>();
  private Job job;
  private long heard;
  private int expected;
  private int received;
  private int backwards;
  private boolean closed = true;
  private boolean awaited;
  private long closedAtNanos;
  private long backAtNanos;
  private int refused;
  private @Nullable Short closeCode;
  private @Nullable Returning returning;

  Watched(Job job, Clocked clock) {
    this.job = job;
    this.clock = clock;
  }

  synchronized Job job() {
    return job;
  }

  /** The record that is being written. */
  synchronized void next(Job next) {
    job = next;
    expected++;
  }

  synchronized void written(long version) {
    writtenAt.put(version, clock.nanos());
    settle(version);
  }

  private synchronized void heard(String text) {
    int comma = text.indexOf(',');
    if (!text.startsWith(BEFORE_ID)) {
      return;
    }
    long version = Long.parseLong(text.substring(BEFORE_ID.length(), comma));
    if (awaited) {
      awaited = false;
      backAtNanos = clock.nanos();
    } else if (version == heard) {
      backwards++;
    }
    if (version < heard) {
      backwards++;
    } else if (version > heard) {
      heard = version;
      received++;
      heardAt.put(version, clock.nanos());
      settle(version);
    }
  }

  private void settle(long version) {
    Long from = writtenAt.get(version);
    Long to = heardAt.get(version);
    if (from != null && to != null) {
      latencies.add(Math.max(0, to - from));
      writtenAt.remove(version);
      heardAt.remove(version);
    }
  }

  /** Opens a socket that resumes where the last one ended. */
  Future<?> connect(WebSocketClient client, int port) {
    return connect(client, port, heardSoFar());
  }

  private Future<?> connect(WebSocketClient client, int port, long since) {
    return client
        .connect(
            new WebSocketConnectOptions()
                .setHost("127.0.0.1")
                .setPort(port)
                .setURI("/v1/jobs/%s/events?since=%d".formatted(job().id(), since)))
        .onSuccess(this::opened);
  }

  private synchronized long heardSoFar() {
    return heard;
  }

  private synchronized void opened(WebSocket socket) {
    closed = false;
    socket.textMessageHandler(this::heard);
    socket.closeHandler(nothing -> closed(socket.closeStatusCode()));
  }

  private void closed(@Nullable Short code) {
    Returning next;
    synchronized (this) {
      closed = true;
      closeCode = code;
      closedAtNanos = clock.nanos();
      next = returning;
      awaited = next != null;
    }
    if (next != null) {
      comeBack(next, 0);
    }
  }

  /**
   * How a client comes back by itself: after a pause of any length up to a bound, which doubles
   * with each refusal.
   *
   * @param port where to, asked anew for each attempt
   */
  record Returning(Vertx vertx, WebSocketClient client, IntSupplier port) {}

  /**
   * From now on it comes back whenever its socket is closed, and says that it lacks its last event,
   * so that there is a frame to wait for.
   */
  synchronized void comesBack(@Nullable Returning how) {
    returning = how;
    refused = 0;
  }

  private void comeBack(Returning how, int refusals) {
    long bound = Math.min(PAUSE_MILLIS_MAX, PAUSE_MILLIS_FIRST << Math.min(refusals, 10));
    how.vertx()
        .setTimer(
            1 + ThreadLocalRandom.current().nextLong(bound),
            timer ->
                connect(how.client(), how.port().getAsInt(), heardSoFar() - 1)
                    .onFailure(
                        e -> {
                          refusedOnce();
                          comeBack(how, refusals + 1);
                        }));
  }

  private synchronized void refusedOnce() {
    refused++;
  }

  /** Whether it was closed after that moment and has its first frame again. */
  synchronized boolean backSince(long nanos) {
    return closedAtNanos > nanos && backAtNanos > closedAtNanos;
  }

  synchronized long closedAtNanos() {
    return closedAtNanos;
  }

  synchronized long backAtNanos() {
    return backAtNanos;
  }

  synchronized int refused() {
    return refused;
  }

  synchronized boolean current() {
    return heard == job.version();
  }

  synchronized boolean closed() {
    return closed;
  }

  synchronized int closeCode() {
    return closeCode == null ? 0 : closeCode;
  }

  /** The first frame, which nobody waited for, counts no more. */
  synchronized void forgetLatencies() {
    latencies.clear();
    expected = 0;
    received = 0;
  }

  synchronized List<Long> latencies() {
    return List.copyOf(latencies);
  }

  synchronized int missing() {
    return expected - received;
  }

  synchronized int backwards() {
    return backwards;
  }
}
