package dev.holdfast.api;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import dev.holdfast.job.ObjectStore;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** Inputs that are too large for a request body: stored first, then named by a job. */
final class InputRoutes {

  private static final Pattern ID = Pattern.compile("in_[0-9a-hjkmnp-tv-z]{26}");

  private final ApiServices services;
  private final Dependencies dependencies;
  private final ApiOptions.Limits limits;
  private final Permits uploads;
  private final ApiMetrics metrics;
  private final Consumer<Runnable> onContext;

  InputRoutes(
      ApiServices services,
      Dependencies dependencies,
      ApiOptions.Limits limits,
      Permits uploads,
      ApiMetrics metrics,
      Consumer<Runnable> onContext) {
    this.services = services;
    this.dependencies = dependencies;
    this.limits = limits;
    this.uploads = uploads;
    this.metrics = metrics;
    this.onContext = onContext;
  }

  static String key(String inputId) {
    return "inputs/" + inputId + "/items.jsonl";
  }

  Future<?> get(Call call) {
    String id = call.path("input_id");
    if (!ID.matcher(id).matches()) {
      throw noSuchInput(id);
    }
    return dependencies
        .call("the object store", () -> services.objects().stat(key(id)))
        .compose(
            found -> {
              long bytes = found.orElseThrow(() -> noSuchInput(id)).bytes();
              return call.reply(200, json(id, bytes));
            });
  }

  private static Refusal noSuchInput(String id) {
    return new Refusal(JobError.INPUT_NOT_FOUND, "there is no input " + SchemaCheck.shown(id));
  }

  private static JsonObject json(String id, long bytes) {
    return new JsonObject().put("input_id", id).put("bytes", bytes);
  }

  Future<?> upload(Call call) {
    long announced = announced(call);
    if (announced > limits.inputBytesMax()) {
      throw InputUpload.tooLarge(limits.inputBytesMax());
    }
    if (announced == 0) {
      throw InputUpload.empty();
    }
    Permits.Permit place =
        uploads
            .take()
            .orElseThrow(
                () ->
                    new Refusal(
                            JobError.TOO_MANY_REQUESTS,
                            "%d uploads are going on already; try again later"
                                .formatted(uploads.max()))
                        .retryAfter(Duration.ofSeconds(10)));
    call.permit().giveBack();
    call.request().pause();
    String id = "in_" + JobId.randomToken();
    return dependencies
        .call("the object store", () -> services.objects().upload(key(id), Map.of()))
        .compose(upload -> receive(call, upload))
        .onComplete(done -> place.giveBack())
        .compose(
            info -> {
              metrics.inputBytes(info.bytes());
              call.response().putHeader("Location", "/v1/inputs/" + id);
              return call.reply(201, json(id, info.bytes()));
            });
  }

  private Future<ObjectStore.Info> receive(Call call, ObjectStore.Upload upload) {
    if ("100-continue".equalsIgnoreCase(call.request().getHeader("Expect"))) {
      call.response().writeContinue();
    }
    return new InputUpload(call.request(), upload, dependencies, limits, this::after).run();
  }

  private Clocked.Timer after(Duration delay, Runnable task) {
    return services.clock().after(delay, () -> onContext.accept(task));
  }

  private static long announced(Call call) {
    String length = call.request().getHeader("Content-Length");
    return length == null ? -1 : Long.parseLong(length);
  }
}
