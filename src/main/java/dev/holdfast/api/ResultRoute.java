package dev.holdfast.api;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobState;
import dev.holdfast.job.ObjectStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code GET /v1/jobs/{id}/result}: the parts of a job, one after the other. */
final class ResultRoute {

  private static final String ROWS = "application/x-ndjson";
  private static final long ARRAY_ROWS_MAX = 1_000;
  private static final int LISTED_AT_ONCE = 1_000;

  private final ApiServices services;
  private final Dependencies dependencies;
  private final JobRoutes jobs;
  private final ApiMetrics metrics;

  ResultRoute(ApiServices services, Dependencies dependencies, JobRoutes jobs, ApiMetrics metrics) {
    this.services = services;
    this.dependencies = dependencies;
    this.jobs = jobs;
    this.metrics = metrics;
  }

  Future<?> result(Call call) {
    return jobs.require(JobRoutes.id(call))
        .compose(
            job -> {
              boolean partial = call.flag("partial");
              if (job.state() != JobState.COMPLETE && !partial) {
                throw new Refusal(
                    JobError.RESULT_NOT_READY,
                    "the job is %s; there is a result when it is complete, and with ?partial=true the rows so far"
                        .formatted(job.state().wireName()));
              }
              boolean rows = call.mediaType().equals(ROWS);
              if (!rows && job.checkpoint().nextItem() > ARRAY_ROWS_MAX) {
                throw new Refusal(
                    JobError.NOT_ACCEPTABLE,
                    "the result has %d rows; application/json is for at most %d, ask for %s"
                        .formatted(job.checkpoint().nextItem(), ARRAY_ROWS_MAX, ROWS));
              }
              return parts(job).compose(parts -> answer(call, job, parts, rows));
            });
  }

  /** The parts that belong to the record; what a zombie wrote past its checkpoint does not. */
  private Future<List<ObjectStore.Info>> parts(Job job) {
    Job.Checkpoint reached = job.checkpoint();
    if (reached.parts() == 0) {
      return Future.succeededFuture(List.of());
    }
    if (reached.parts() == 1) {
      // the record knows it: a list costs as much as the part's creation did
      return Future.succeededFuture(
          List.of(new ObjectStore.Info(job.partKey(0), reached.bytes(), Map.of())));
    }
    Promise<List<ObjectStore.Info>> all = Promise.promise();
    listMore(job, null, new ArrayList<>(), all);
    return all.future();
  }

  private void listMore(
      Job job,
      @Nullable String after,
      List<ObjectStore.Info> found,
      Promise<List<ObjectStore.Info>> all) {
    String end = job.partKey(job.checkpoint().nextItem());
    String prefix = "results/%s/part-".formatted(job.id());
    dependencies
        .call("the object store", () -> services.objects().list(prefix, after, LISTED_AT_ONCE))
        .onComplete(
            listed -> {
              if (listed.failed()) {
                all.fail(listed.cause());
                return;
              }
              List<ObjectStore.Info> page = listed.result();
              page.stream().filter(part -> part.key().compareTo(end) < 0).forEach(found::add);
              String last = page.isEmpty() ? end : page.get(page.size() - 1).key();
              if (page.size() < LISTED_AT_ONCE || last.compareTo(end) >= 0) {
                all.complete(found);
              } else {
                listMore(job, last, found, all);
              }
            });
  }

  private Future<Void> answer(Call call, Job job, List<ObjectStore.Info> parts, boolean rows) {
    long bytes = parts.stream().mapToLong(ObjectStore.Info::bytes).sum();
    boolean complete = job.state() == JobState.COMPLETE;
    HttpServerResponse response = call.response();
    if (call.flag("partial")) {
      response.putHeader("Holdfast-Next-Item", Long.toString(job.checkpoint().nextItem()));
    }
    response
        .putHeader("Accept-Ranges", complete && rows ? "bytes" : "none")
        .putHeader("Vary", "Accept");
    ByteRange range = ByteRange.whole(bytes);
    if (complete) {
      String etag =
          "\"%d-%d%s\"".formatted(job.checkpoint().nextItem(), bytes, rows ? "" : "-json");
      if (JobRoutes.has(call, etag)) {
        return response.setStatusCode(304).end();
      }
      Optional<ByteRange> asked = rows ? asked(call, etag, bytes) : Optional.empty();
      if (asked.isPresent()) {
        range = asked.get();
        response
            .setStatusCode(206)
            .putHeader(
                "Content-Range", "bytes %d-%d/%d".formatted(range.from(), range.to() - 1, bytes));
      }
    }
    response.putHeader("Content-Type", call.mediaType());
    if (rows) {
      response.putHeader("Content-Length", Long.toString(range.length()));
    } else {
      response.setChunked(true);
    }
    RowSink sink = rows ? new RowSink.Lines(response) : new RowSink.Array(response);
    return new PartPump(parts, range, this::read, sink, metrics).run();
  }

  private static Optional<ByteRange> asked(Call call, String etag, long bytes) {
    boolean still = call.text("If-Range").map(etag::equals).orElse(true);
    return still
        ? call.text("Range").flatMap(header -> ByteRange.parse(header, bytes))
        : Optional.empty();
  }

  private Future<Buffer> read(String key, long from, int length) {
    return dependencies
        .call("the object store", () -> services.objects().read(key, from, length))
        .recover(
            failure ->
                Future.failedFuture(
                    failure instanceof JobException refused
                            && refused.error() == JobError.INPUT_NOT_FOUND
                        ? new IllegalStateException(key + " is gone", failure)
                        : failure));
  }
}
