package dev.holdfast;

import dev.holdfast.job.Job;
import dev.holdfast.shutdown.EvictionNotices.Cloud;
import dev.holdfast.shutdown.MachineFacts;
import dev.holdfast.shutdown.MachineFacts.Facts;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * Where this worker runs: what the operator has set, and for the rest what the clouds say whose
 * eviction notices are followed.
 */
final class Whereabouts {

  private Whereabouts() {}

  /** Never fails, and takes a second at most. */
  static Future<Job.Place> of(Config config, Vertx vertx, InstantSource clock) {
    return of(config, new MachineFacts(vertx, clock), Cloud::base);
  }

  static Future<Job.Place> of(Config config, MachineFacts machine, Function<Cloud, URI> base) {
    Job.Place set = config.place();
    if (set.zone() != null && set.spot() != null && set.machine() != null) {
      return Future.succeededFuture(set);
    }
    List<Future<Facts>> asked =
        config.evictionNotices().stream()
            .flatMap(name -> cloud(name).stream())
            .map(cloud -> machine.ask(cloud, base.apply(cloud)))
            .toList();
    Facts known =
        new Facts(
            Optional.ofNullable(set.zone()),
            Optional.ofNullable(set.spot()),
            Optional.ofNullable(set.machine()));
    return Future.all(asked)
        .map(
            all -> {
              Facts facts = asked.stream().map(Future::result).reduce(known, Facts::or);
              return new Job.Place(
                  set.node(),
                  facts.zone().orElse(null),
                  facts.spot().orElse(null),
                  facts.machine().orElse(null));
            });
  }

  private static Optional<Cloud> cloud(String notice) {
    for (Cloud cloud : Cloud.values()) {
      if (cloud.name().toLowerCase(Locale.ROOT).equals(notice)) {
        return Optional.of(cloud);
      }
    }
    return Optional.empty();
  }
}
