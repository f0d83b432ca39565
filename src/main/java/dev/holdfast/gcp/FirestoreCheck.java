package dev.holdfast.gcp;

import com.google.api.gax.rpc.StatusCode.Code;
import com.google.cloud.firestore.Firestore;
import dev.holdfast.gcp.CallFailure.Role;
import dev.holdfast.gcp.GcpSetup.Finding;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Says whether Firestore answers. Blocks. */
final class FirestoreCheck {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private static final String NETWORK = "Check the network and the project's name.";

  private static final Set<Code> UNREACHED = Set.of(Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED);

  private FirestoreCheck() {}

  static Finding check(GcpOptions options) {
    return check(options, LIMIT);
  }

  static Finding check(GcpOptions options, Duration limit) {
    String what = "Firestore database " + options.database();
    boolean emulators =
        options.pubSubEmulator().isPresent() || options.storageEmulator().isPresent();
    if (emulators && options.firestoreEmulator().isEmpty()) {
      return Finding.unknown(
          what + ": there is no emulator in its place", "Name one in FIRESTORE_EMULATOR_HOST.");
    }
    Firestore firestore = FirestoreClient.open(options, List.of());
    try {
      read(firestore, System.nanoTime() + limit.toNanos());
      return Finding.ok(what);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Finding.unknown(what + ": the check was interrupted", "Run this again.");
    } catch (ExecutionException e) {
      Throwable failure = e.getCause() == null ? e : e.getCause();
      return Finding.problem(
          CallFailure.words(
              "read the database " + options.database(), Role.DATASTORE_USER, failure),
          todo(CallFailure.code(failure), options.database()));
    } catch (TimeoutException e) {
      return Finding.problem(what + " does not answer within " + limit.toSeconds() + " s", NETWORK);
    } finally {
      firestore.shutdownNow();
    }
  }

  /** One call gives up before an emulator that has just started answers its first one. */
  private static void read(Firestore firestore, long until)
      throws ExecutionException, InterruptedException, TimeoutException {
    while (true) {
      long left = until - System.nanoTime();
      try {
        firestore.document("jobs/job_check").get().get(left, TimeUnit.NANOSECONDS);
        return;
      } catch (ExecutionException e) {
        if (!UNREACHED.contains(CallFailure.code(e)) || System.nanoTime() >= until) {
          throw e;
        }
      }
    }
  }

  private static String todo(Code code, String database) {
    if (code == Code.NOT_FOUND) {
      return "Make it with gcloud firestore databases create --database='%s'.".formatted(database);
    }
    if (code == Code.PERMISSION_DENIED || code == Code.UNAUTHENTICATED) {
      return "Grant it, or enable the Firestore API.";
    }
    return UNREACHED.contains(code) ? NETWORK : "Mend that and run this again.";
  }
}
