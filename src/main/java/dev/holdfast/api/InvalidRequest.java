package dev.holdfast.api;

import dev.holdfast.job.JobError;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.http.HttpServerRequest;

/** What the HTTP decoder refused, in our words. */
final class InvalidRequest {

  static final int LINE_BYTES_MAX = 8 * 1024;
  static final int HEADER_BYTES_MAX = 16 * 1024;

  private InvalidRequest() {}

  static Refusal refusal(HttpServerRequest request) {
    Throwable cause = request.decoderResult().cause();
    if (cause instanceof TooLongHttpLineException) {
      return new Refusal(
          JobError.INVALID_REQUEST,
          414,
          "the request line can have at most %d bytes".formatted(LINE_BYTES_MAX));
    }
    if (cause instanceof TooLongHttpHeaderException) {
      return new Refusal(
          JobError.INVALID_REQUEST,
          431,
          "the headers together can have at most %d bytes".formatted(HEADER_BYTES_MAX));
    }
    return new Refusal(JobError.INVALID_REQUEST, "this is not an HTTP/1.1 request");
  }
}
