package dev.holdfast.api;

import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An error on its way to {@link Problems}, with what only HTTP has to say about it. Like a {@link
 * JobException} it is an answer and carries no stack trace.
 */
final class Refusal extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final JobError error;
  private final int status;
  private final transient JsonArray errors = new JsonArray();
  private final transient Map<String, String> headers = new LinkedHashMap<>();

  Refusal(JobError error, String detail) {
    this(error, error.httpStatus(), detail, null);
  }

  /**
   * @param status for what HTTP tells apart and {@link JobError} does not
   */
  Refusal(JobError error, int status, String detail) {
    this(error, status, detail, null);
  }

  private Refusal(JobError error, int status, String detail, @Nullable Throwable cause) {
    super(detail, cause, false, false);
    this.error = error;
    this.status = status;
  }

  static Refusal of(JobException e) {
    Refusal refusal = new Refusal(e.error(), e.explanation());
    e.retryAfter().ifPresent(refusal::retryAfter);
    return refusal;
  }

  /** A port failed or did not answer; the cause is for the log only. */
  static Refusal unavailable(String what, Throwable cause) {
    return new Refusal(
            JobError.UNAVAILABLE,
            JobError.UNAVAILABLE.httpStatus(),
            what + " does not answer at the moment; try again",
            cause)
        .retryAfter(Duration.ofSeconds(2));
  }

  Refusal at(String pointer, String detail) {
    errors.add(new JsonObject().put("pointer", pointer).put("detail", detail));
    return this;
  }

  Refusal parameter(String name, String detail) {
    errors.add(new JsonObject().put("parameter", name).put("detail", detail));
    return this;
  }

  Refusal header(String name, String value) {
    headers.put(name, value);
    return this;
  }

  /** What follows on the connection cannot be told from what was refused. */
  Refusal closing() {
    return header("Connection", "close");
  }

  boolean closes() {
    return headers.containsKey("Connection");
  }

  Refusal retryAfter(Duration delay) {
    return header("Retry-After", Long.toString(Math.max(1, (delay.toMillis() + 999) / 1000)));
  }

  JobError error() {
    return error;
  }

  int status() {
    return status;
  }

  JsonArray errors() {
    return errors;
  }

  Map<String, String> headers() {
    return headers;
  }

  String detail() {
    String detail = getMessage();
    return detail == null ? error.code() : detail;
  }
}
