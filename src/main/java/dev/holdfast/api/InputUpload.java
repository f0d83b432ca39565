package dev.holdfast.api;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobError;
import dev.holdfast.job.ObjectStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * One request body on its way into the object store. The request is paused while a write is under
 * way, so a fast client holds two chunks of memory and nothing else; whatever goes wrong, nothing
 * is left behind.
 *
 * <p>Not thread-safe: belongs to the request's context.
 */
final class InputUpload {

  private static final int CHUNK_BYTES = 256 * 1024;

  private final HttpServerRequest request;
  private final ObjectStore.Upload upload;
  private final Dependencies dependencies;
  private final ApiOptions.Limits limits;
  private final BiFunction<Duration, Runnable, Clocked.Timer> after;
  private final Promise<ObjectStore.Info> done = Promise.promise();
  private Buffer chunk = Buffer.buffer(CHUNK_BYTES);
  private long received;
  private boolean ended;
  private boolean writing;
  private @Nullable Throwable broken;
  private Clocked.@Nullable Timer patience;

  /**
   * @param after runs a task later on the request's context
   */
  InputUpload(
      HttpServerRequest request,
      ObjectStore.Upload upload,
      Dependencies dependencies,
      ApiOptions.Limits limits,
      BiFunction<Duration, Runnable, Clocked.Timer> after) {
    this.request = request;
    this.upload = upload;
    this.dependencies = dependencies;
    this.limits = limits;
    this.after = after;
  }

  /** Completes when the object is durable, or fails after what was written is gone. */
  Future<ObjectStore.Info> run() {
    request.exceptionHandler(this::give);
    request.handler(this::received);
    request.endHandler(
        end -> {
          ended = true;
          hold();
          step();
        });
    waitForMore();
    request.resume();
    return done.future();
  }

  private void received(Buffer bytes) {
    if (broken != null) {
      return;
    }
    received += bytes.length();
    if (received > limits.inputBytesMax()) {
      give(tooLarge(limits.inputBytesMax()));
      return;
    }
    chunk.appendBuffer(bytes);
    if (chunk.length() >= CHUNK_BYTES) {
      request.pause();
      step();
    } else {
      waitForMore();
    }
  }

  /** Does the one next thing, unless it is being done. */
  private void step() {
    if (writing || done.future().isComplete()) {
      return;
    }
    if (broken != null) {
      abort(broken);
    } else if (chunk.length() >= CHUNK_BYTES || (ended && chunk.length() > 0)) {
      write();
    } else if (ended && received == 0) {
      give(empty());
    } else if (ended) {
      commit();
    } else {
      waitForMore();
      request.resume();
    }
  }

  private void write() {
    hold();
    writing = true;
    Buffer full = chunk;
    chunk = Buffer.buffer(CHUNK_BYTES);
    dependencies
        .call("the object store", () -> upload.write(full))
        .onComplete(
            written -> {
              writing = false;
              if (written.failed()) {
                give(written.cause());
              } else {
                step();
              }
            });
  }

  private void commit() {
    writing = true;
    dependencies
        .call("the object store", upload::commit)
        .onComplete(
            stored -> {
              writing = false;
              if (stored.succeeded()) {
                done.tryComplete(stored.result());
              } else {
                give(stored.cause());
              }
            });
  }

  /** Gives up, as soon as nothing is being written. */
  private void give(Throwable reason) {
    if (broken == null) {
      broken = reason;
    }
    step();
  }

  private void abort(Throwable reason) {
    hold();
    writing = true;
    chunk = Buffer.buffer();
    dependencies
        .call("the object store", upload::abort)
        .onComplete(
            aborted -> {
              done.tryFail(reason);
              request.resume();
            });
  }

  private void waitForMore() {
    hold();
    Duration wait = limits.bodyWaitMax();
    patience =
        after.apply(
            wait,
            () ->
                give(
                    new Refusal(
                            JobError.INVALID_REQUEST,
                            408,
                            "nothing more of the body came within %d s".formatted(wait.toSeconds()))
                        .closing()));
  }

  private void hold() {
    if (patience != null) {
      patience.cancel();
    }
  }

  static Refusal tooLarge(long max) {
    return new Refusal(JobError.BODY_TOO_LARGE, "an input can have at most %d bytes".formatted(max))
        .closing();
  }

  static Refusal empty() {
    return new Refusal(JobError.EMPTY_INPUT, "the input is empty; it must have at least one line");
  }
}
