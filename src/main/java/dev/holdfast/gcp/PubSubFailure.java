package dev.holdfast.gcp;

import com.google.api.core.ApiFuture;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.StatusCode.Code;
import io.vertx.core.Future;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;

/** A call to Pub/Sub that brought no answer, in words: what was asked and what to do. */
final class PubSubFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What a service account must be granted for a call. */
  enum Role {
    PUBLISHER("roles/pubsub.publisher"),
    SUBSCRIBER("roles/pubsub.subscriber"),
    EDITOR("roles/pubsub.editor"),
    ADMIN("roles/pubsub.admin");

    private final String text;

    Role(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private PubSubFailure(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * What the call brings, on the library's thread.
   *
   * @param what was asked, as it continues "Pub/Sub could not …"
   * @param role that the call needs
   * @return fails with a {@link PubSubFailure} whose {@link #code} tells why
   */
  static <T> Future<T> named(String what, Role role, Supplier<ApiFuture<T>> call) {
    Future<T> future;
    try {
      future = GcpFutures.plain(call.get());
    } catch (RuntimeException e) {
      // such as a client that is closed
      future = Future.failedFuture(e);
    }
    return future.recover(failure -> Future.failedFuture(of(what, role, failure)));
  }

  static PubSubFailure of(String what, Role role, Throwable failure) {
    return new PubSubFailure(
        "Pub/Sub could not %s: %s".formatted(what, reason(role, failure)), failure);
  }

  /** The status that Pub/Sub or the way to it gave, UNKNOWN if none. */
  static Code code(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ApiException e) {
        return e.getStatusCode().getCode();
      }
    }
    return Code.UNKNOWN;
  }

  /** Whether the same call may well be answered a little later. */
  static boolean isTransient(Throwable failure) {
    return PubSubClients.TRANSIENT.contains(code(failure));
  }

  private static String reason(Role role, Throwable failure) {
    if (failure instanceof CancellationException) {
      return "this process is closing";
    }
    Code code = code(failure);
    return switch (code) {
      case PERMISSION_DENIED -> "permission denied; this service account needs the role " + role;
      case UNAUTHENTICATED ->
          "not authenticated; it needs credentials of a service account with the role " + role;
      case NOT_FOUND -> "it is not there; './holdfast gcp init' makes it";
      case DEADLINE_EXCEEDED -> "no answer in time; whether it was done is not known";
      case UNAVAILABLE ->
          "it cannot be reached; whether it was done is not known (%s)".formatted(message(failure));
      case OK,
          CANCELLED,
          UNKNOWN,
          INVALID_ARGUMENT,
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
