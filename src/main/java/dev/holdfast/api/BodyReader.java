package dev.holdfast.api;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobError;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.function.Consumer;

/** Reads a small body whole, within a bound of bytes and of time. */
final class BodyReader {

  private final Clocked clock;
  private final int bytesMax;
  private final Duration waitMax;
  private final Consumer<Runnable> onContext;

  BodyReader(Clocked clock, ApiOptions.Limits limits, Consumer<Runnable> onContext) {
    this.clock = clock;
    this.bytesMax = limits.bodyBytesMax();
    this.waitMax = limits.bodyWaitMax();
    this.onContext = onContext;
  }

  /** To be called before the request's context does anything else. */
  Future<Buffer> read(HttpServerRequest request) {
    Promise<Buffer> whole = Promise.promise();
    Buffer body = Buffer.buffer();
    Clocked.Timer timer =
        clock.after(waitMax, () -> onContext.accept(() -> whole.tryFail(tooSlow())));
    request.exceptionHandler(whole::tryFail);
    request.handler(
        chunk -> {
          if (body.length() + chunk.length() > bytesMax) {
            whole.tryFail(tooLarge());
          } else if (!whole.future().isComplete()) {
            body.appendBuffer(chunk);
          }
        });
    request.endHandler(end -> whole.tryComplete(body));
    String announced = request.getHeader("Content-Length");
    if (announced != null && Long.parseLong(announced) > bytesMax) {
      whole.tryFail(tooLarge());
    } else if ("100-continue".equalsIgnoreCase(request.getHeader("Expect"))) {
      request.response().writeContinue();
    }
    return whole.future().onComplete(done -> timer.cancel());
  }

  private Refusal tooLarge() {
    return new Refusal(
            JobError.BODY_TOO_LARGE,
            "the body can have at most %d bytes; larger inputs go to /v1/inputs"
                .formatted(bytesMax))
        .closing();
  }

  private Refusal tooSlow() {
    return new Refusal(
            JobError.INVALID_REQUEST,
            408,
            "the body did not come within %d s".formatted(waitMax.toSeconds()))
        .closing();
  }
}
