package dev.holdfast.api;

import dev.holdfast.job.JobQueue.DeadLetter;
import dev.holdfast.job.JobState;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.WorkerRoster;
import dev.holdfast.job.WorkerRoster.WorkerReport;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is served, by whom, and how far behind. */
final class ServiceRoutes {

  private static final int DEAD_LETTERS_USUAL = 20;

  private final ApiServices services;
  private final Dependencies dependencies;
  private final Contract.Read contract;
  private final WorkerStops stops;
  private final Tally tally;

  ServiceRoutes(
      ApiServices services,
      Dependencies dependencies,
      Contract.Read contract,
      WorkerStops stops,
      Tally tally) {
    this.tally = tally;
    this.services = services;
    this.dependencies = dependencies;
    this.contract = contract;
    this.stops = stops;
  }

  Future<?> models(Call call) {
    JsonArray models = new JsonArray();
    services.models().forEach(model -> models.add(model(model)));
    return call.reply(200, new JsonObject().put("models", models));
  }

  private static JsonObject model(ModelSpec model) {
    return new JsonObject()
        .put("name", model.name())
        .put("kind", model.kind().wireName())
        .put(
            "batch",
            new JsonObject()
                .put("items_max", model.batch().itemsMax())
                .put("tokens_max", model.batch().tokensMax())
                .put("delay_max_ms", model.batch().delayMax().toMillis()));
  }

  Future<?> workers(Call call) {
    return reports()
        .compose(
            reports -> {
              JsonArray workers = new JsonArray();
              Map<String, Long> own = stops.workers();
              reports.forEach(report -> workers.add(worker(report, own.get(report.id()))));
              return call.reply(200, new JsonObject().put("workers", workers));
            });
  }

  /** A report may be the last word of a process that another has replaced since. */
  private static JsonObject worker(WorkerReport report, @Nullable Long process) {
    JsonObject json = JobJson.worker(report);
    return process == null ? json : json.put("can_stop", process == report.pid());
  }

  private Future<List<WorkerReport>> reports() {
    Instant since = services.clock().instant().minus(WorkerRoster.FORGOTTEN_AFTER);
    return dependencies.call("the list of workers", () -> services.roster().list(since));
  }

  /** Each with what has become of its job since, so that one that was retried can be told. */
  Future<?> deadLetters(Call call) {
    int limit = call.number("limit").map(Long::intValue).orElse(DEAD_LETTERS_USUAL);
    return dependencies
        .call("the job queue", () -> services.queue().deadLetters(limit))
        .compose(
            letters ->
                Future.all(letters.stream().map(this::deadLetter).toList())
                    .compose(
                        all ->
                            call.reply(
                                200,
                                new JsonObject().put("dead_letters", new JsonArray(all.list())))));
  }

  private Future<JsonObject> deadLetter(DeadLetter letter) {
    return dependencies
        .call("the job store", () -> services.store().get(letter.job()))
        .map(
            found -> {
              JsonObject json =
                  new JsonObject()
                      .put("job_id", letter.job().value())
                      .put("reason", letter.reason())
                      .put("attempts", letter.attempts())
                      .put("fence", letter.fence())
                      .put("at", JobJson.timestamp(letter.at()));
              found.ifPresent(job -> json.put("state", job.state().wireName()));
              return json;
            });
  }

  Future<?> stats(Call call) {
    Future<Map<JobState, Long>> counts = dependencies.call("the job store", tally::counts);
    Future<Optional<Instant>> oldest =
        dependencies.call("the job store", () -> services.store().waitingSince());
    Future<List<WorkerReport>> reports = reports();
    return Future.all(counts, oldest, reports)
        .compose(
            all ->
                call.reply(
                    200,
                    new JsonObject()
                        .put("jobs", jobs(counts.result()))
                        .put("queue", queue(counts.result(), oldest.result()))
                        .put("workers", workers(reports.result()))));
  }

  private static JsonObject jobs(Map<JobState, Long> counts) {
    JsonObject json = new JsonObject();
    for (JobState state : JobState.values()) {
      json.put(state.wireName(), count(counts, state));
    }
    return json;
  }

  private JsonObject queue(Map<JobState, Long> counts, Optional<Instant> oldest) {
    JsonObject json =
        new JsonObject()
            .put("waiting", count(counts, JobState.QUEUED) + count(counts, JobState.INTERRUPTED))
            .put("held", count(counts, JobState.PROCESSING));
    oldest.ifPresent(
        since -> {
          Duration age = Duration.between(since, services.clock().instant());
          json.put("oldest_age_s", Math.max(0, age.toMillis()) / 1000.0);
        });
    return json;
  }

  private static long count(Map<JobState, Long> counts, JobState state) {
    return counts.getOrDefault(state, 0L);
  }

  private static JsonObject workers(List<WorkerReport> reports) {
    return new JsonObject()
        .put("ready", reports.stream().filter(WorkerReport::ready).count())
        .put("total", reports.size())
        .put("items_done", reports.stream().mapToLong(WorkerReport::itemsDone).sum());
  }

  /** As it is written, or the same as JSON for those who read no YAML. */
  Future<?> contract(Call call) {
    return call.mediaType().equals("application/json")
        ? call.reply(200, contract.json())
        : call.response().putHeader("Content-Type", "application/yaml").end(contract.text());
  }
}
