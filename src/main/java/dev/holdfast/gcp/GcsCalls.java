package dev.holdfast.gcp;

import com.google.api.client.http.HttpResponseException;
import com.google.cloud.storage.StorageException;
import dev.holdfast.adapter.BoundedThreads;
import dev.holdfast.adapter.CallerContext;
import dev.holdfast.job.JobException;
import io.vertx.core.Future;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Blocking calls of Cloud Storage on threads of their own, each with an end. What is not an answer
 * fails with an {@link IOException} that names the service, the call and the cause.
 */
final class GcsCalls {

  /**
   * The whole of one call with its retries, and its wait for a thread. Longer than the client's own
   * limits: this one is for what they do not see, such as bytes that trickle.
   */
  static final Duration CALL_MAX = Duration.ofSeconds(8);

  static final int UNAUTHENTICATED = 401;
  static final int FORBIDDEN = 403;
  static final int NOT_FOUND = 404;
  static final int PRECONDITION_FAILED = 412;

  private final BoundedThreads threads;

  GcsCalls(BoundedThreads threads) {
    this.threads = threads;
  }

  /**
   * Runs a call on a thread where it may block.
   *
   * @param what the call and its object, such as {@code create gs://b/o}
   * @return completes on the caller's Vert.x context, if it has one
   */
  <T> Future<T> run(String what, Callable<T> call) {
    return run(what, CALL_MAX, call);
  }

  <T> Future<T> run(String what, Duration limit, Callable<T> call) {
    return CallerContext.here(
        threads
            .submit(call)
            .timeout(limit.toMillis(), TimeUnit.MILLISECONDS)
            .recover(failure -> Future.failedFuture(inWords(what, limit, failure))));
  }

  private static Throwable inWords(String what, Duration limit, Throwable failure) {
    if (failure instanceof JobException) {
      return failure;
    }
    if (failure instanceof TimeoutException) {
      return new IOException(
          "Cloud Storage: %s was not answered within %d s".formatted(what, limit.toSeconds()),
          failure);
    }
    int status = status(failure);
    String remedy =
        status == FORBIDDEN || status == UNAUTHENTICATED
            ? "; grant this process's service account roles/storage.objectUser on the bucket"
            : "";
    return new IOException(
        "Cloud Storage: %s failed: %s%s%s"
            .formatted(what, status == 0 ? "" : status + " ", cause(failure), remedy),
        failure);
  }

  /** The HTTP status that a failure carries, however deep, or 0. */
  static int status(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof StorageException refused && refused.getCode() > 0) {
        return refused.getCode();
      }
      if (t instanceof HttpResponseException refused) {
        return refused.getStatusCode();
      }
    }
    return 0;
  }

  /** Whether it is the bucket, rather than the object, that is not there. */
  static boolean saysNoBucket(Throwable failure) {
    return String.valueOf(cause(failure)).contains("specified bucket does not exist");
  }

  /** The innermost message, on one line. */
  private static String cause(Throwable failure) {
    Throwable innermost = failure;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    String message = innermost.getMessage();
    return (message == null ? innermost.toString() : message).replaceAll("\\s*\\R\\s*", " ");
  }
}
