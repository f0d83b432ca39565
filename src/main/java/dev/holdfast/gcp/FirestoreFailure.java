package dev.holdfast.gcp;

import com.google.api.core.ApiFuture;
import com.google.api.gax.rpc.ApiException;
import com.google.cloud.firestore.FirestoreException;
import io.grpc.Status;
import io.vertx.core.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A call to Firestore that brought no answer, in words: what was asked and what to do. A write may
 * have been applied all the same.
 */
final class FirestoreFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private FirestoreFailure(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** A failure of our own finding. */
  static FirestoreFailure because(String message) {
    return new FirestoreFailure(message, null);
  }

  /**
   * What the call brings, on the library's thread.
   *
   * @param what was asked, as it continues "Firestore could not …"
   * @return fails with a {@link FirestoreFailure} whose {@link #code} tells why
   */
  static <T> Future<T> named(String what, Supplier<ApiFuture<T>> call) {
    Future<T> future;
    try {
      future = GcpFutures.plain(call.get());
    } catch (RuntimeException e) {
      // such as a client that is closed
      future = Future.failedFuture(e);
    }
    return future.recover(failure -> Future.failedFuture(of(what, failure)));
  }

  private static FirestoreFailure of(String what, Throwable failure) {
    return new FirestoreFailure(
        "Firestore could not %s: %s".formatted(what, reason(code(failure), failure)), failure);
  }

  /** The status that Firestore or the way to it gave, UNKNOWN if none. */
  static Status.Code code(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ApiException e) {
        return Status.Code.valueOf(e.getStatusCode().getCode().name());
      }
      if (cause instanceof FirestoreException e && e.getStatus() != null) {
        return e.getStatus().getCode();
      }
    }
    return Status.Code.UNKNOWN;
  }

  private static String reason(Status.Code code, Throwable failure) {
    return switch (code) {
      case PERMISSION_DENIED ->
          "permission denied; this service account needs the role roles/datastore.user";
      case UNAUTHENTICATED ->
          "not authenticated; it needs credentials of a service account with the role"
              + " roles/datastore.user";
      case DEADLINE_EXCEEDED -> "no answer in time";
      case UNAVAILABLE -> "it cannot be reached (%s)".formatted(message(failure));
      case OK,
          CANCELLED,
          UNKNOWN,
          INVALID_ARGUMENT,
          NOT_FOUND,
          ALREADY_EXISTS,
          RESOURCE_EXHAUSTED,
          FAILED_PRECONDITION,
          ABORTED,
          OUT_OF_RANGE,
          UNIMPLEMENTED,
          INTERNAL,
          DATA_LOSS ->
          "%s (%s)".formatted(code, message(failure));
    };
  }

  private static String message(Throwable failure) {
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }
}
