package dev.holdfast.shutdown;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A notice that is given by whoever asks for it: a person, a node's watcher, a test. As a handler
 * it answers {@code POST …?deadline=15s}: 202 once the listener has heard it, 400 if the deadline
 * is not a duration ({@code 15}, {@code 15s}, {@code 500ms}, {@code 2m}), 405 for another method,
 * 503 if nobody listens.
 *
 * <p>Each request is a notice of its own. Mount it only where those who run the process reach it:
 * whoever reaches it can make the process leave. Thread-safe.
 */
public final class RequestedEviction implements EvictionNotice, Handler<HttpServerRequest> {

  private static final Logger LOG = LoggerFactory.getLogger(RequestedEviction.class);

  private final AtomicReference<@Nullable Consumer<Notice>> listener = new AtomicReference<>();
  private volatile boolean closed;

  RequestedEviction() {}

  @Override
  public void start(Consumer<Notice> listener) {
    this.listener.compareAndSet(null, listener);
  }

  @Override
  public Future<Void> close() {
    closed = true;
    return Future.succeededFuture();
  }

  /**
   * Gives a notice; the listener hears it on this thread, before this returns.
   *
   * @param deadline how long is left, if the caller knows
   * @return whether somebody listens
   */
  public boolean notice(Optional<Duration> deadline) {
    Consumer<Notice> told = listener.get();
    if (told == null || closed) {
      return false;
    }
    try {
      told.accept(new Notice("request", "somebody asked for it", deadline, true));
    } catch (RuntimeException e) {
      LOG.error("The listener failed over a requested notice.", e);
    }
    return true;
  }

  @Override
  public void handle(HttpServerRequest request) {
    if (!request.method().equals(HttpMethod.POST)) {
      request.response().putHeader("Allow", "POST");
      refuse(request, 405, "only POST is allowed");
      return;
    }
    String given = request.getParam("deadline");
    Optional<Duration> deadline = given == null ? Optional.empty() : Deadline.parse(given);
    if (given != null && deadline.isEmpty()) {
      refuse(request, 400, "deadline is a duration such as 15s");
    } else if (!notice(deadline)) {
      refuse(request, 503, "nobody listens for an eviction");
    } else {
      send(request, 202, new JsonObject().put("status", "leaving"));
    }
  }

  private static void refuse(HttpServerRequest request, int status, String why) {
    send(request, status, new JsonObject().put("error", why));
  }

  private static void send(HttpServerRequest request, int status, JsonObject json) {
    HttpServerResponse response =
        request
            .response()
            .setStatusCode(status)
            .putHeader("Cache-Control", "no-store")
            .putHeader("Content-Type", "application/json");
    response.end(json.toBuffer());
  }
}
