package dev.holdfast.api;

import dev.holdfast.job.JobId;
import dev.holdfast.live.Feed;
import dev.holdfast.live.Snapshot;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Everything in one context that follows jobs: the feed, and on it long polls and streams.
 *
 * @param dependencies the ports, as the context calls them
 */
record Live(Dependencies dependencies, Feed feed, LongPolls longPolls, Streams streams)
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
    Feed feed =
        new Feed(
            services.events(), id -> read(services, dependencies, id), services.clock(), onContext);
    return new Live(
        dependencies,
        feed,
        new LongPolls(feed, services.clock(), onContext),
        new Streams(limits.streams(), places, services.clock(), onContext));
  }

  private static Future<Optional<Snapshot>> read(
      ApiServices services, Dependencies dependencies, JobId id) {
    return dependencies
        .call("the job store", () -> services.store().get(id))
        .map(found -> found.map(job -> new Snapshot(job, null)));
  }

  /** Long polls are answered, streams are told and ended; new ones find none. */
  void leave() {
    longPolls.close();
    streams.goAway();
  }

  @Override
  public void close() {
    longPolls.close();
    streams.close();
    feed.close();
  }
}
