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

  @SuppressWarnings("ReferenceEquality") // all of them get the very same snapshot
  String of(News news) {
    if (news.snapshot() != last) {
      last = news.snapshot();
      text = JobJson.job(news.snapshot(), clock.instant()).encode();
    }
    return "{\"id\":"
        + news.snapshot().job().version()
        + ",\"type\":\""
        + news.type().wireName()
        + "\",\"job\":"
        + text
        + "}";
  }
}
