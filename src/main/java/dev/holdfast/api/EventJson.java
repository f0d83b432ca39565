package dev.holdfast.api;

import dev.holdfast.job.Clocked;
import dev.holdfast.live.News;
import dev.holdfast.live.Snapshot;
import org.jspecify.annotations.Nullable;

/**
 * Events as JSON. One snapshot goes to many subscribers in a row, so its text is kept until the
 * next. Belongs to one context.
 */
final class EventJson {

  static final String GOING_AWAY = "going-away";
  static final String GOING_AWAY_JSON = "{\"type\":\"going-away\"}";

  private final Clocked clock;
  private @Nullable Snapshot last;
  private String text = "";

  EventJson(Clocked clock) {
    this.clock = clock;
  }

  String of(News news) {
    if (!news.snapshot().equals(last)) {
      last = news.snapshot();
      text = JobJson.job(news.snapshot(), clock.instant()).encode();
    }
    return "{\"id\":%d,\"type\":\"%s\",\"job\":%s}"
        .formatted(news.snapshot().job().version(), news.type().wireName(), text);
  }
}
