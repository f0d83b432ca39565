package dev.holdfast.job;

import java.util.Locale;

/**
 * Everything that Holdfast can say went wrong, as a closed set with a stable code. The same code
 * names a refused request, a failed job and a failed row.
 */
public enum JobError {
  // what a request can get wrong
  INVALID_REQUEST(400),
  INVALID_CURSOR(400),
  ORIGIN_NOT_ALLOWED(403),
  JOB_NOT_FOUND(404),
  INPUT_NOT_FOUND(404),
  WORKER_NOT_FOUND(404),
  ROUTE_NOT_FOUND(404),
  METHOD_NOT_ALLOWED(405),
  NOT_ACCEPTABLE(406),
  RESULT_NOT_READY(409),
  ILLEGAL_STATE(409),
  CANNOT_STOP_WORKER(409),
  LENGTH_REQUIRED(411),
  BODY_TOO_LARGE(413),
  UNSUPPORTED_MEDIA_TYPE(415),
  RANGE_NOT_SATISFIABLE(416),
  IDEMPOTENCY_KEY_REUSED(422),
  UNKNOWN_MODEL(422),
  EMPTY_INPUT(422),
  INPUT_OUTSIDE_ROOT(422),
  INPUT_UNREADABLE(422),
  WEBHOOK_REFUSED(422),
  TOO_MANY_ITEMS(422),
  TOO_MANY_REQUESTS(429),
  INTERNAL(500),
  UNAVAILABLE(503),

  // what can be wrong with one row
  ITEM_INVALID(422),
  ITEM_WRONG_KIND(422),
  ITEM_TOO_LARGE(422),
  ITEM_TOO_LONG(422),
  ITEM_NOT_UTF8(422),
  INFERENCE_FAILED(500),

  // what can end a job
  INPUT_CHANGED(409),
  MODEL_CHANGED(409),
  DEADLINE_EXCEEDED(504),
  WORKER_LOST(500),
  TOO_MANY_INTERRUPTIONS(500);

  private final int httpStatus;

  JobError(int httpStatus) {
    this.httpStatus = httpStatus;
  }

  /** The stable code on the wire, such as {@code unknown_model}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The status that an HTTP answer with this error carries. */
  public int httpStatus() {
    return httpStatus;
  }

  /** An exception that carries this error to whoever reports it. */
  public JobException because(String message) {
    return new JobException(this, message);
  }
}
