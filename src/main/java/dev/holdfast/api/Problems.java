package dev.holdfast.api;

import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place that writes errors: RFC 9457 problems with a stable code. */
final class Problems {

  static final String MEDIA_TYPE = "application/problem+json";

  private static final Logger LOG = LoggerFactory.getLogger(Problems.class);
  private static final Duration RETRY_AFTER_USUAL = Duration.ofSeconds(1);

  private final ApiMetrics metrics;

  Problems(ApiMetrics metrics) {
    this.metrics = metrics;
  }

  /**
   * Answers with a failure. If the answer has begun, all that is left is to cut it off, so that
   * nobody takes the half for the whole.
   *
   * @param requestId what the answer's {@code Holdfast-Request-Id} says
   */
  void write(HttpServerResponse response, String requestId, Throwable failure) {
    if (response.ended() || response.closed()) {
      LOG.debug("request {}: nobody waits for its answer any more", requestId, failure);
      return;
    }
    Refusal refusal = refusal(failure);
    metrics.refused(refusal.error());
    if (failure != refusal && !(failure instanceof JobException)) {
      LOG.error("request {} failed by a fault of ours; answered with 500", requestId, failure);
    } else if (refusal.getCause() != null) {
      // a port that is down fails every request: the trace of each would drown the log
      LOG.warn("request {}: {}: {}", requestId, refusal.detail(), refusal.getCause().toString());
      LOG.debug("request {}", requestId, refusal.getCause());
    }
    if (response.headWritten()) {
      LOG.warn("request {}: cut off in the middle of its answer", requestId, failure);
      response.reset();
      return;
    }
    response.headers().remove("Content-Length").remove("Transfer-Encoding");
    refusal.headers().forEach(response::putHeader);
    int status = refusal.status();
    if ((status == 429 || status == 503) && !refusal.headers().containsKey("Retry-After")) {
      response.putHeader("Retry-After", Long.toString(RETRY_AFTER_USUAL.toSeconds()));
    }
    response
        .setStatusCode(status)
        .putHeader("Content-Type", MEDIA_TYPE)
        .putHeader("Cache-Control", "no-store")
        .end(json(refusal).toBuffer());
  }

  private static Refusal refusal(Throwable failure) {
    if (failure instanceof Refusal refusal) {
      return refusal;
    }
    if (failure instanceof JobException e) {
      return Refusal.of(e);
    }
    return new Refusal(
        JobError.INTERNAL, "something went wrong here; the Holdfast-Request-Id leads to it");
  }

  private static JsonObject json(Refusal refusal) {
    String code = refusal.error().code();
    JsonObject json =
        new JsonObject()
            .put("type", "urn:holdfast:problem:" + code)
            .put("title", title(code))
            .put("status", refusal.status())
            .put("detail", refusal.detail())
            .put("code", code);
    return refusal.errors().isEmpty() ? json : json.put("errors", refusal.errors());
  }

  private static String title(String code) {
    return Character.toUpperCase(code.charAt(0)) + code.substring(1).replace('_', ' ');
  }
}
