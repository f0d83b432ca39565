package dev.holdfast.api;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.Traces;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/jobs}. */
final class SubmitRoute {

  /** Items up to here travel with the record; more of them become an object. */
  static final int INLINE_BYTES_MAX = 64 * 1024;

  /** A body up to here is checked on the event loop; a larger one would hold up the others. */
  private static final int CHECKED_AT_ONCE_BYTES_MAX = 64 * 1024;

  private static final long WAIT_SECONDS_MAX = 60;
  private static final Pattern WAIT = Pattern.compile("(?:^|[,;\\s])wait\\s*=\\s*\"?([^\",;\\s]*)");

  private final ApiServices services;
  private final Dependencies dependencies;
  private final JobRoutes jobs;
  private final ApiMetrics metrics;

  SubmitRoute(ApiServices services, Dependencies dependencies, JobRoutes jobs, ApiMetrics metrics) {
    this.services = services;
    this.dependencies = dependencies;
    this.jobs = jobs;
    this.metrics = metrics;
  }

  Future<?> submit(Call call) {
    Duration wait = wait(call);
    Optional<String> key = call.text("Idempotency-Key");
    if (key.isEmpty()) {
      return take(call, JobId.random(), null).compose(made -> answer(call, made, wait));
    }
    // before the checks: what was in order then may be out of time or place now, and the client
    // who asks again is still owed the job
    JobId id = JobId.ofKey(key.get());
    String fingerprint = sha256(call.body());
    return jobs.find(id)
        .compose(
            found ->
                found.isEmpty()
                    ? take(call, id, fingerprint)
                    : fingerprint.equals(found.get().spec().fingerprint())
                        ? Future.succeededFuture(new JobStore.Created(found.get(), false))
                        : Future.failedFuture(
                            JobError.IDEMPOTENCY_KEY_REUSED.because(
                                "this Idempotency-Key was used before with another body; send the"
                                    + " same body, or another key")))
        .compose(made -> answer(call, made, wait));
  }

  private Future<JobStore.Created> take(Call call, JobId id, @Nullable String fingerprint) {
    Traces.Step step = RequestSteps.of(call).with("holdfast.job", id.value());
    return checked(call)
        .compose(
            submission ->
                input(id, submission.source(), fingerprint)
                    .compose(
                        input -> {
                          JobSpec spec = submission.spec(input, fingerprint, step.traceparent());
                          return dependencies.call(
                              "the job store", () -> services.intake().submit(id, spec));
                        }))
        .onSuccess(created -> metrics.submitted(created.isNew()));
  }

  private Future<Submission> checked(Call call) {
    if (call.body().length() > CHECKED_AT_ONCE_BYTES_MAX) {
      return call.rc().vertx().executeBlocking(() -> read(call), false);
    }
    return Future.succeededFuture(read(call));
  }

  private Submission read(Call call) {
    Submission submission =
        Submission.read(
            call.check().body(call.body()), services.models(), services.clock().instant());
    if (submission.webhook() != null) {
      try {
        services.webhooks().check(submission.webhook());
      } catch (JobException e) {
        throw Refusal.of(e).at("/webhook/url", e.explanation());
      }
    }
    return submission;
  }

  private Future<JobSpec.Input> input(
      JobId id, Submission.Source source, @Nullable String fingerprint) {
    if (source instanceof Submission.Uri uri) {
      return external(uri.uri());
    }
    if (source instanceof Submission.InputId input) {
      return stored(input.id());
    }
    Submission.Items items = (Submission.Items) source;
    if (items.lines().length() <= INLINE_BYTES_MAX) {
      return Future.succeededFuture(new JobSpec.Inline(items.lines().toString(), items.count()));
    }
    // the name tells bodies apart: of two that race under one key, the loser's must not be taken
    // for the winner's
    String name = fingerprint == null ? "items" : "items-" + fingerprint.substring(0, 32);
    String key = "inputs/%s/%s.jsonl".formatted(id, name);
    return dependencies
        .call(
            "the object store",
            () ->
                services
                    .objects()
                    .create(key, items.lines(), Map.of("items", Integer.toString(items.count()))))
        .map(created -> new JobSpec.Stored(key, items.lines().length(), items.count()));
  }

  private Future<JobSpec.Input> external(String uri) {
    return dependencies
        .call("the source of inputs", () -> services.externalInputs().stat(uri))
        .map(
            info -> {
              if (info.bytes() == 0) {
                String detail = "the input is empty; it must have at least one line";
                throw new Refusal(JobError.EMPTY_INPUT, detail).at("/input/uri", detail);
              }
              return new JobSpec.External(info.uri(), info.bytes(), info.revision());
            });
  }

  private Future<JobSpec.Input> stored(String inputId) {
    String key = InputRoutes.key(inputId);
    return dependencies
        .call("the object store", () -> services.objects().stat(key))
        .map(
            found -> {
              if (found.isEmpty()) {
                String detail =
                    "there is no input %s; upload it to /v1/inputs first".formatted(inputId);
                throw new Refusal(JobError.INPUT_NOT_FOUND, detail).at("/input/input_id", detail);
              }
              return new JobSpec.Stored(key, found.get().bytes(), null);
            });
  }

  private Future<Void> answer(Call call, JobStore.Created made, Duration wait) {
    Job job = made.job();
    if (wait.isZero() || job.state().terminal()) {
      return reply(call, job, made.isNew() && !job.state().terminal() ? 202 : 200);
    }
    return jobs.await(call, job.id(), newest -> newest.state().terminal(), wait)
        .compose(
            newest -> reply(call, newest, newest.state().terminal() || !made.isNew() ? 200 : 202));
  }

  private static Future<Void> reply(Call call, Job job, int status) {
    call.response().putHeader("Location", JobJson.href(job)).putHeader("ETag", JobJson.etag(job));
    return call.reply(status, JobJson.job(job));
  }

  private static Duration wait(Call call) {
    Matcher wait = WAIT.matcher(call.text("Prefer").orElse(""));
    if (!wait.find()) {
      return Duration.ZERO;
    }
    try {
      long seconds = Long.parseLong(wait.group(1));
      if (seconds >= 0 && seconds <= WAIT_SECONDS_MAX) {
        return Duration.ofSeconds(seconds);
      }
    } catch (NumberFormatException e) {
      // refused below, as a number out of bounds is
    }
    String detail = "must be wait=N with N from 0 to %d seconds".formatted(WAIT_SECONDS_MAX);
    throw new Refusal(JobError.INVALID_REQUEST, "'Prefer' " + detail).parameter("Prefer", detail);
  }

  private static String sha256(Buffer body) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body.getBytes()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
