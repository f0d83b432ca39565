package dev.holdfast.bench;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import io.vertx.core.Future;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One job, and the socket that follows it. Thread-safe. */
final class Watched {

  private static final String BEFORE_ID = "{\"id\":";

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
  private @Nullable Short closeCode;

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
    if (version <= heard) {
      backwards++;
    }
    heard = version;
    received++;
    heardAt.put(version, clock.nanos());
    settle(version);
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
    long since;
    synchronized (this) {
      since = heard;
    }
    return client
        .connect(
            new WebSocketConnectOptions()
                .setHost("127.0.0.1")
                .setPort(port)
                .setURI("/v1/jobs/%s/events?since=%d".formatted(job().id(), since)))
        .onSuccess(this::opened);
  }

  private synchronized void opened(WebSocket socket) {
    closed = false;
    socket.textMessageHandler(this::heard);
    socket.closeHandler(
        nothing -> {
          synchronized (this) {
            closed = true;
            closeCode = socket.closeStatusCode();
          }
        });
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
