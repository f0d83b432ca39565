package dev.holdfast.health;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers {@code /livez}, {@code /readyz} and {@code /metrics} on a port of its own, for the
 * orchestrator and not for clients. {@code /livez} says whether a fresh process would do better,
 * and never anything of what this one depends on.
 */
public final class ManagementVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(ManagementVerticle.class);
  private static final int LINE_BYTES_MAX = 2 * 1024;
  private static final int HEADER_BYTES_MAX = 8 * 1024;
  private static final int IDLE_MAX_S = 60;

  private final String host;
  private final int port;
  private final PrometheusMeterRegistry meters;
  private final Supplier<@Nullable String> ailment;
  private final Supplier<Readiness> readiness;
  private final Optional<Handler<HttpServerRequest>> evict;
  private boolean reusePort;
  private @Nullable HttpServer server;

  /**
   * @param port 0 lets the machine choose one; {@link #port()} tells which
   * @param ailment why this process should be started again, or null; called for each question, on
   *     the event loop; it must not block
   * @param readiness called for each question, on the event loop; it must not block
   * @param evict answers {@code POST /evict}; without it there is no such route
   */
  public ManagementVerticle(
      String host,
      int port,
      PrometheusMeterRegistry meters,
      Supplier<@Nullable String> ailment,
      Supplier<Readiness> readiness,
      Optional<Handler<HttpServerRequest>> evict) {
    this.host = host;
    this.port = port;
    this.meters = meters;
    this.ailment = ailment;
    this.readiness = readiness;
    this.evict = evict;
  }

  /** Other processes of the same user may listen on its port, too; to be said before its start. */
  public ManagementVerticle reusingPort(boolean reuse) {
    reusePort = reuse;
    return this;
  }

  /** The port that is listened on, once the verticle has started. */
  public int port() {
    HttpServer listening = server;
    if (listening == null) {
      throw new IllegalStateException("the verticle has not started");
    }
    return listening.actualPort();
  }

  @Override
  public Future<?> start() {
    server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setReusePort(reusePort)
                    .setMaxInitialLineLength(LINE_BYTES_MAX)
                    .setMaxHeaderSize(HEADER_BYTES_MAX)
                    .setHttp2ClearTextEnabled(false)
                    .setIdleTimeout(IDLE_MAX_S))
            .requestHandler(this::answer);
    return server.listen(port, host);
  }

  @Override
  public Future<?> stop() {
    return server == null ? Future.succeededFuture() : server.close();
  }

  private void answer(HttpServerRequest request) {
    if (evict.isPresent() && "/evict".equals(request.path())) {
      evict.get().handle(request);
      return;
    }
    boolean reads =
        request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
    if (!reads) {
      request.response().putHeader("Allow", "GET, HEAD");
      send(request, 405, new JsonObject().put("error", "only GET is allowed"));
      return;
    }
    switch (String.valueOf(request.path())) {
      case "/livez" -> alive(request);
      case "/readyz" -> ready(request);
      case "/metrics" -> metrics(request);
      default ->
          send(
              request,
              404,
              new JsonObject().put("error", "there are /livez, /readyz and /metrics"));
    }
  }

  private void alive(HttpServerRequest request) {
    String why = ailment.get();
    if (why == null) {
      send(request, 200, new JsonObject().put("status", "alive"));
    } else {
      LOG.error("not alive any more, to be started again: {}", why);
      send(request, 503, new JsonObject().put("status", "stuck").put("reason", why));
    }
  }

  private void ready(HttpServerRequest request) {
    Readiness now;
    try {
      now = readiness.get();
    } catch (RuntimeException e) {
      LOG.error("could not tell whether we are ready; said that we are not", e);
      now = Readiness.notReady("unknown");
    }
    JsonObject json = new JsonObject().put("status", now.ready() ? "ready" : "not_ready");
    if (!now.ready()) {
      json.put("reasons", new JsonArray(now.reasons()));
    }
    send(request, now.ready() ? 200 : 503, json);
  }

  /** Thousands of numbers take a while to print, so it is done off the event loop. */
  private void metrics(HttpServerRequest request) {
    vertx
        .executeBlocking(meters::scrape, false)
        .onSuccess(
            text ->
                request
                    .response()
                    .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                    .end(text))
        .onFailure(
            failure -> {
              LOG.error("could not print the metrics", failure);
              send(request, 500, new JsonObject().put("error", "could not print the metrics"));
            });
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
