package dev.holdfast.job;

import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who serves: each worker reports at {@link #REPORT_INTERVAL}, and one that is silent is gone. */
public interface WorkerRoster {

  Duration REPORT_INTERVAL = Duration.ofSeconds(5);

  /** After this long without a report a worker is no longer listed. */
  Duration FORGOTTEN_AFTER = Duration.ofSeconds(30);

  /** Puts the worker's newest report in place of its last. */
  Future<Void> report(WorkerReport report);

  /** Takes the worker off the list. */
  Future<Void> leave(String worker);

  /** Workers that reported after {@code since}, by id. */
  Future<List<WorkerReport>> list(Instant since);

  /**
   * @param ready whether it pulls jobs
   * @param reason why it is not ready, or null
   * @param models the digest of each model it has loaded, by the model's name
   * @param slots how many deliveries it may hold
   * @param inFlight how many it holds
   * @param itemsDone rows it made since it started
   * @param batchItems how many items its micro-batches had on average since its last report; 0 if
   *     there was none
   * @param managementPort where it answers health and metrics
   */
  record WorkerReport(
      String id,
      String host,
      Job.Place place,
      long pid,
      Instant startedAt,
      Instant seenAt,
      boolean ready,
      @Nullable String reason,
      Map<String, String> models,
      int slots,
      int inFlight,
      long itemsDone,
      double batchItems,
      int managementPort) {
    public WorkerReport {
      place = Job.Place.orUnknown(place);
      models = Map.copyOf(models);
    }
  }
}
