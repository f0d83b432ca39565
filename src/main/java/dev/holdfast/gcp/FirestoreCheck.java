package dev.holdfast.gcp;

import com.google.api.gax.rpc.StatusCode.Code;
import com.google.cloud.firestore.Firestore;
import dev.holdfast.gcp.CallFailure.Role;
import dev.holdfast.gcp.GcpSetup.Finding;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Says whether Firestore answers. Blocks. */
final class FirestoreCheck {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private static final String NETWORK = "Check the network and the project's name.";

  private FirestoreCheck() {}

  static Finding check(GcpOptions options) {
    String what = "Firestore database " + options.database();
    boolean emulators =
        options.pubSubEmulator().isPresent() || options.storageEmulator().isPresent();
    if (emulators && options.firestoreEmulator().isEmpty()) {
      return Finding.unknown(
          what + ": there is no emulator in its place", "Name one in FIRESTORE_EMULATOR_HOST.");
    }
    Firestore firestore = FirestoreClient.open(options, List.of());
    try {
      firestore.document("jobs/job_check").get().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
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
      return Finding.problem(what + " does not answer within " + LIMIT.toSeconds() + " s", NETWORK);
    } finally {
      firestore.shutdownNow();
    }
  }

  private static String todo(Code code, String database) {
    if (code == Code.NOT_FOUND) {
      return "Make it with gcloud firestore databases create --database='%s'.".formatted(database);
    }
    if (code == Code.PERMISSION_DENIED || code == Code.UNAUTHENTICATED) {
      return "Grant it, or enable the Firestore API.";
    }
    return code == Code.UNAVAILABLE || code == Code.DEADLINE_EXCEEDED
        ? NETWORK
        : "Mend that and run this again.";
  }
}
