package dev.holdfast.api;

import dev.holdfast.job.JobId;
import dev.holdfast.job.Traces;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tells of each request that keeps to the contract as a step: of its client's trace, or else of one
 * of its own. That of a submission is the beginning of what is told of the job.
 */
final class RequestSteps {

  private static final String STEP = "holdfast.step";
  private static final int SERVER_ERRORS = 500;

  private static final Pattern TRACEPARENT =
      Pattern.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");

  private RequestSteps() {}

  /** The same handlers, each within a step. */
  static Map<String, ApiRouter.Handler> around(
      Map<String, ApiRouter.Handler> handlers, Traces traces) {
    return handlers.entrySet().stream()
        .collect(
            Collectors.toUnmodifiableMap(
                Map.Entry::getKey, one -> call -> within(call, one.getValue(), traces)));
  }

  /** The step that a call is answered in. */
  static Traces.Step of(Call call) {
    return call.rc().get(STEP);
  }

  private static Future<?> within(Call call, ApiRouter.Handler handler, Traces traces) {
    String name = call.check().name();
    Traces.Step step = traces.begin(Traces.Kind.SERVER, name, traceparent(call.request()));
    step.with("http.request.method", call.request().method().name())
        .with("http.route", name.substring(name.indexOf('/')));
    JobId.parse(call.path("job_id")).ifPresent(id -> step.with("holdfast.job", id.value()));
    call.rc().put(STEP, step);
    // a client that goes away ends the response and not what is waited for; a socket the other way
    AtomicReference<Traces.@Nullable Step> open = new AtomicReference<>(step);
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    call.rc().addEndHandler(ended -> end(call, open, failure.get()));
    // what fails ends with the problem that becomes of it
    return Future.succeededFuture(call)
        .compose(handler::handle)
        .onSuccess(done -> end(call, open, null))
        .onFailure(failure::set);
  }

  private static void end(
      Call call, AtomicReference<Traces.@Nullable Step> open, @Nullable Throwable failure) {
    Traces.Step step = open.getAndSet(null);
    if (step == null) {
      return;
    }
    int status = call.response().getStatusCode();
    step.with("http.response.status_code", status);
    if (failure != null && status >= SERVER_ERRORS) {
      step.failed(failure);
    }
    step.end();
  }

  /** A header that is no trace's is as good as none: that is the specification's own rule. */
  private static @Nullable String traceparent(HttpServerRequest request) {
    String sent = request.getHeader("traceparent");
    return sent != null && TRACEPARENT.matcher(sent).matches() ? sent : null;
  }
}
