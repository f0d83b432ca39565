package dev.holdfast.api;

import dev.holdfast.job.Clocked;
import io.vertx.core.http.HttpConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Closes connections that send no whole request head for too long. An idle timeout cannot do that:
 * a byte now and then keeps it from running out.
 *
 * <p>Not thread-safe: belongs to one context.
 */
final class Connections implements AutoCloseable {

  private static final Duration SWEEP_INTERVAL = Duration.ofMillis(500);
  private static final Duration LINGER = Duration.ofSeconds(1);

  private final Clocked clock;
  private final ApiOptions.Limits limits;
  private final Consumer<Runnable> onContext;
  private final IdentityHashMap<HttpConnection, Quiet> connections = new IdentityHashMap<>();
  private Clocked.@Nullable Timer timer;
  private boolean closed;

  /** Since when a connection has nothing to do, and how long it may go on so. */
  private static final class Quiet {
    int requests;
    boolean condemned;
    Instant until;

    Quiet(Instant until) {
      this.until = until;
    }
  }

  Connections(Clocked clock, ApiOptions.Limits limits, Consumer<Runnable> onContext) {
    this.clock = clock;
    this.limits = limits;
    this.onContext = onContext;
    again();
  }

  void opened(HttpConnection connection) {
    connections.put(connection, new Quiet(clock.instant().plus(limits.headersWaitMax())));
    connection.closeHandler(gone -> connections.remove(connection));
  }

  void asked(HttpConnection connection) {
    Quiet quiet = connections.get(connection);
    if (quiet != null) {
      quiet.requests++;
    }
  }

  void answered(HttpConnection connection) {
    Quiet quiet = connections.get(connection);
    if (quiet != null && !quiet.condemned) {
      quiet.requests--;
      quiet.until = clock.instant().plus(limits.keepAliveMax());
    }
  }

  /** The connection speaks HTTP no more; whoever made it a WebSocket looks after it. */
  void upgraded(HttpConnection connection) {
    connections.remove(connection);
  }

  /**
   * Closes a connection in a moment. Its client may still be sending: closed at once, it would meet
   * a reset before it has read why.
   */
  void closeSoon(HttpConnection connection) {
    Quiet quiet = connections.get(connection);
    if (quiet != null) {
      quiet.condemned = true;
      quiet.until = clock.instant().plus(LINGER);
    }
  }

  private void again() {
    if (!closed) {
      timer = clock.after(SWEEP_INTERVAL, () -> onContext.accept(this::sweep));
    }
  }

  private void sweep() {
    Instant now = clock.instant();
    List.copyOf(connections.entrySet())
        .forEach(
            entry -> {
              Quiet quiet = entry.getValue();
              if ((quiet.condemned || quiet.requests == 0) && !quiet.until.isAfter(now)) {
                connections.remove(entry.getKey());
                entry.getKey().close();
              }
            });
    again();
  }

  @Override
  public void close() {
    closed = true;
    if (timer != null) {
      timer.cancel();
    }
  }
}
