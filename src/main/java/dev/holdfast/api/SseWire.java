package dev.holdfast.api;

import dev.holdfast.job.Job;
import dev.holdfast.live.News;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** News as server-sent events: the {@code text/event-stream} of the HTML standard (9.2). */
final class SseWire implements Wire {

  static final String MEDIA_TYPE = "text/event-stream";

  private static final Logger LOG = LoggerFactory.getLogger(SseWire.class);
  private static final String COMMENT = ": \n\n";

  /** How long a browser waits before it connects again, elsewhere by then. */
  private static final int RETRY_MILLIS = 500;

  private final RoutingContext rc;
  private final EventJson json;
  private final Function<Job, String> ids;
  private final int lateMax;
  private boolean beating;
  private int late;

  /**
   * Begins the answer.
   *
   * @param ids what a client that comes back says it has
   * @param lateMax heartbeats in a row at which the client may be behind, or the system still have
   *     the heartbeat before
   */
  SseWire(RoutingContext rc, EventJson json, Function<Job, String> ids, int lateMax) {
    this.rc = rc;
    this.json = json;
    this.ids = ids;
    this.lateMax = lateMax;
    rc.response()
        .setStatusCode(200)
        .setChunked(true)
        .putHeader("Content-Type", MEDIA_TYPE)
        .putHeader("Cache-Control", "no-store");
    write(COMMENT);
  }

  private HttpServerResponse response() {
    return rc.response();
  }

  private boolean over() {
    return response().ended() || response().closed();
  }

  @Override
  public boolean full() {
    return over() || response().writeQueueFull();
  }

  @Override
  public void send(News news) {
    write(
        "id: %s\nevent: %s\ndata: %s\n\n"
            .formatted(ids.apply(news.snapshot().job()), news.type().wireName(), json.of(news)));
  }

  private void write(String text) {
    if (!over()) {
      response().write(text).onFailure(e -> LOG.debug("an event was not sent", e));
    }
  }

  @Override
  public boolean beat() {
    if (over()) {
      return true;
    }
    if (beating || response().writeQueueFull()) {
      return ++late <= lateMax;
    }
    late = 0;
    beating = true;
    response()
        .write(COMMENT)
        .onComplete(
            sent -> beating = false, failure -> LOG.debug("a heartbeat was not sent", failure));
    return true;
  }

  @Override
  public void goingAway() {
    write(
        "retry: %d\nevent: %s\ndata: %s\n\n"
            .formatted(RETRY_MILLIS, EventJson.GOING_AWAY, EventJson.GOING_AWAY_JSON));
  }

  @Override
  public void close(Close why, String reason) {
    if (over()) {
      return;
    }
    if (beating || response().writeQueueFull()) {
      Upgrade.cut(rc.request().connection());
    } else {
      response().end().onFailure(e -> LOG.debug("a stream was gone already", e));
    }
  }

  @Override
  public void onDrain(Runnable task) {
    response().drainHandler(drained -> task.run());
  }

  @Override
  public void onEnd(Runnable task) {
    rc.addEndHandler(ended -> task.run());
  }
}
