package dev.holdfast.api;

import dev.holdfast.live.DrainRate;
import dev.holdfast.live.Feed;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Everything in one context that follows jobs: the feed, and on it long polls and streams.
 *
 * @param dependencies the ports, as the context calls them
 * @param snapshots records with their place, as the context reads them
 */
record Live(
    Dependencies dependencies, Snapshots snapshots, Feed feed, LongPolls longPolls, Streams streams)
    implements AutoCloseable {

  /**
   * @param places for streams, of the whole process
   * @param onContext runs a task on the context this belongs to
   */
  static Live start(
      ApiServices services,
      ApiOptions.Limits limits,
      Permits places,
      Consumer<Runnable> onContext) {
    Dependencies dependencies =
        new Dependencies(services.clock(), limits.dependencyWaitMax(), onContext);
    DrainRate drain = new DrainRate(services.clock());
    Snapshots snapshots = new Snapshots(services, dependencies, drain, onContext);
    Feed.Limits usual = Feed.Limits.USUAL;
    Feed feed =
        new Feed(
            services.events(),
            snapshots,
            drain,
            services.clock(),
            new Feed.Limits(limits.dependencyWaitMax(), usual.unwatchedMax()),
            onContext);
    return new Live(
        dependencies,
        snapshots,
        feed,
        new LongPolls(feed, services.clock(), onContext),
        new Streams(limits.streams(), places, services.clock(), onContext));
  }

  /**
   * Long polls are answered, streams are told and ended; new ones find none.
   *
   * @param over how long the streams may take
   */
  Future<Void> leave(Duration over) {
    longPolls.close();
    return streams.goAway(over);
  }

  @Override
  public void close() {
    longPolls.close();
    streams.close();
    feed.close();
  }
}
