package dev.holdfast.gcp;

import com.google.api.core.ApiFuture;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.StatusCode.Code;
import com.google.cloud.firestore.FirestoreException;
import io.vertx.core.Future;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A call to Pub/Sub or Firestore that brought no answer, in words: what was asked and what to do. A
 * write may have been applied all the same.
 */
final class CallFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private static final String PUB_SUB = "Pub/Sub";
  private static final String FIRESTORE = "Firestore";

  /** What a service account must be granted for a call, and which service it calls. */
  enum Role {
    PUBLISHER(PUB_SUB, "roles/pubsub.publisher"),
    SUBSCRIBER(PUB_SUB, "roles/pubsub.subscriber"),
    EDITOR(PUB_SUB, "roles/pubsub.editor"),
    ADMIN(PUB_SUB, "roles/pubsub.admin"),
    DATASTORE_USER(FIRESTORE, "roles/datastore.user");

    private final String service;
    private final String text;

    Role(String service, String text) {
      this.service = service;
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private CallFailure(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** A failure of our own finding. */
  static CallFailure because(String message) {
    return new CallFailure(message, null);
  }

  /**
   * What the call brings, on the library's thread.
   *
   * @param what was asked, as it continues "Pub/Sub could not …"
   * @param role that the call needs
   * @return fails with a {@link CallFailure} whose {@link #code} tells why
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

  static CallFailure of(String what, Role role, Throwable failure) {
    return new CallFailure(words(what, role, failure), failure);
  }

  /** The message that a failure of this call has. */
  static String words(String what, Role role, Throwable failure) {
    return "%s could not %s: %s".formatted(role.service, what, reason(role, failure));
  }

  /** The status that the service or the way to it gave, UNKNOWN if none. */
  static Code code(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ApiException e) {
        return e.getStatusCode().getCode();
      }
      if (cause instanceof FirestoreException e && e.getStatus() != null) {
        return Code.valueOf(e.getStatus().getCode().name());
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
      case NOT_FOUND ->
          role == Role.DATASTORE_USER
              ? "it is not there (%s)".formatted(message(failure))
              : "it is not there; './holdfast gcp init' makes it";
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
