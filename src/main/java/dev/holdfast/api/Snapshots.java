package dev.holdfast.api;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.live.DrainRate;
import dev.holdfast.live.Places;
import dev.holdfast.live.RecordReader;
import dev.holdfast.live.Snapshot;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** Reads records, and with those that wait their place. Belongs to one context. */
final class Snapshots implements RecordReader {

  /** A job is not kept from anyone for the sake of its place. */
  private static final Duration PLACE_WAIT_MAX = Duration.ofMillis(500);

  private final ApiServices services;
  private final Dependencies dependencies;
  private final Places places;

  /**
   * @param onContext runs a task on the context this belongs to
   */
  Snapshots(
      ApiServices services,
      Dependencies dependencies,
      DrainRate drain,
      Consumer<Runnable> onContext) {
    this.services = services;
    this.dependencies = dependencies;
    Dependencies impatient = new Dependencies(services.clock(), PLACE_WAIT_MAX, onContext);
    this.places =
        new Places(
            createdAt ->
                impatient.call("the job store", () -> services.store().waitingBefore(createdAt)),
            drain,
            services.clock());
  }

  @Override
  public Future<Optional<Snapshot>> read(JobId job) {
    return dependencies
        .call("the job store", () -> services.store().get(job))
        .compose(
            found ->
                found.isEmpty()
                    ? Future.succeededFuture(Optional.empty())
                    : of(found.get()).map(Optional::of));
  }

  /** A record that was read just now. */
  Future<Snapshot> of(Job job) {
    return places.of(job).map(place -> new Snapshot(job, place));
  }
}
