package dev.holdfast;

import dev.holdfast.shutdown.EvictionNotice;
import dev.holdfast.shutdown.EvictionNotices;
import dev.holdfast.shutdown.EvictionNotices.Cloud;
import dev.holdfast.shutdown.RequestedEviction;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The sources of eviction notices that the operator has named.
 *
 * @param requested answers requests to leave, if that is one of them
 */
record Notices(EvictionNotice all, Optional<Handler<HttpServerRequest>> requested) {

  static final String HTTP = "http";
  static final String FILE_PREFIX = "file:";

  /**
   * @param names of clouds, {@code http}, or {@code file:} and a path; all of them lawful
   */
  static Notices of(List<String> names, Vertx vertx, InstantSource clock) {
    EvictionNotices known = new EvictionNotices(vertx, clock);
    List<EvictionNotice> sources = new ArrayList<>();
    @Nullable RequestedEviction requested = null;
    for (String name : names) {
      if (name.equals(HTTP)) {
        requested = EvictionNotices.requested();
        sources.add(requested);
      } else if (name.startsWith(FILE_PREFIX)) {
        sources.add(known.file(Path.of(name.substring(FILE_PREFIX.length()))));
      } else {
        Cloud cloud = Cloud.valueOf(name.toUpperCase(Locale.ROOT));
        sources.add(known.cloud(cloud, cloud.base()));
      }
    }
    return new Notices(EvictionNotices.all(sources), Optional.ofNullable(requested));
  }
}
