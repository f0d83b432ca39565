package dev.holdfast.api;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import dev.holdfast.live.Snapshot;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/** What can be asked of jobs that are there. */
final class JobRoutes {

  private static final int LIMIT_USUAL = 20;

  private final ApiServices services;
  private final Dependencies dependencies;
  private final Snapshots snapshots;
  private final LongPolls longPolls;
  private final Permits waiting;

  /**
   * @param waiting places for requests that wait
   */
  JobRoutes(ApiServices services, Live live, Permits waiting) {
    this.services = services;
    this.dependencies = live.dependencies();
    this.snapshots = live.snapshots();
    this.longPolls = live.longPolls();
    this.waiting = waiting;
  }

  Future<Optional<Job>> find(JobId id) {
    return dependencies.call("the job store", () -> services.store().get(id));
  }

  /** Fails with {@link JobError#JOB_NOT_FOUND} if there is none. */
  Future<Job> require(JobId id) {
    return find(id).map(found -> found.orElseThrow(() -> noSuchJob(id.value())));
  }

  /** The id in the path; an odd one is the id of no job. */
  static JobId id(Call call) {
    String text = call.path("job_id");
    return JobId.parse(text).orElseThrow(() -> noSuchJob(text));
  }

  static Refusal noSuchJob(String id) {
    return new Refusal(JobError.JOB_NOT_FOUND, "there is no job " + SchemaCheck.shown(id));
  }

  Future<?> get(Call call) {
    JobId id = id(call);
    Optional<String> wait = call.text("wait");
    if (wait.isPresent()) {
      Duration time = Duration.ofSeconds(Long.parseLong(wait.get().replace("s", "")));
      Optional<Long> after = call.number("after_version");
      return (after.isPresent()
              ? changed(call, id, after.get(), time)
              : require(id).compose(now -> changed(call, id, now.version(), time)))
          .compose(job -> reply(call, job));
    }
    return require(id)
        .compose(
            job ->
                has(call, JobJson.etag(job))
                    ? call.response().setStatusCode(304).end()
                    : snapshots.of(job).compose(snapshot -> reply(call, snapshot)));
  }

  private Future<Snapshot> changed(Call call, JobId id, long after, Duration time) {
    return awaitSnapshot(call, id, job -> job.state().terminal() || job.version() > after, time);
  }

  /**
   * Waits for a job without holding one of the places for requests that are at work.
   *
   * @return the job as it is when it is enough, or when the time is up
   */
  Future<Job> await(Call call, JobId id, Predicate<Job> enough, Duration time) {
    return awaitSnapshot(call, id, enough, time).map(Snapshot::job);
  }

  private Future<Snapshot> awaitSnapshot(
      Call call, JobId id, Predicate<Job> enough, Duration time) {
    Permits.Permit place =
        waiting
            .take()
            .orElseThrow(
                () ->
                    new Refusal(
                            JobError.TOO_MANY_REQUESTS,
                            "%d requests wait for jobs already; ask without waiting, or later"
                                .formatted(waiting.max()))
                        .retryAfter(Duration.ofSeconds(5)));
    call.permit().giveBack();
    LongPolls.Poll poll = longPolls.poll(id, enough, time);
    call.rc()
        .addEndHandler(
            ended -> {
              poll.close();
              place.giveBack();
            });
    return poll.answer().onComplete(done -> place.giveBack());
  }

  /** Names what the answer would be; whether the client has that already. */
  static boolean has(Call call, String etag) {
    call.response().putHeader("ETag", etag);
    return call.rc().isFresh();
  }

  private Future<Void> reply(Call call, Snapshot snapshot) {
    call.response()
        .putHeader("ETag", JobJson.etag(snapshot.job()))
        .putHeader("Cache-Control", "no-cache");
    return call.reply(200, JobJson.job(snapshot, services.clock().instant()));
  }

  Future<?> list(Call call) {
    JobStore.Query query =
        new JobStore.Query(
            call.text("state").flatMap(JobState::ofWireName).orElse(null),
            call.text("model").orElse(null),
            call.text("label").map(JobRoutes::label).orElse(null),
            call.number("limit").map(Long::intValue).orElse(LIMIT_USUAL),
            call.text("cursor").orElse(null));
    return dependencies
        .call("the job store", () -> services.store().list(query))
        .compose(
            page -> {
              JsonArray jobs = new JsonArray();
              page.jobs().forEach(job -> jobs.add(JobJson.job(job)));
              JsonObject json = new JsonObject().put("jobs", jobs);
              return call.reply(
                  200, page.next() == null ? json : json.put("next_cursor", page.next()));
            });
  }

  static Map.Entry<String, String> label(String text) {
    int colon = text.indexOf(':');
    return Map.entry(text.substring(0, colon), text.substring(colon + 1));
  }

  Future<?> cancel(Call call) {
    return change(call, services.intake()::cancel);
  }

  Future<?> retry(Call call) {
    return change(call, services.intake()::retry);
  }

  private Future<Void> change(Call call, Function<JobId, Future<Job>> change) {
    JobId id = id(call);
    return dependencies
        .call("the job store", () -> change.apply(id))
        .compose(snapshots::of)
        .compose(snapshot -> reply(call, snapshot));
  }
}
