package dev.holdfast.gcp;

import com.google.cloud.firestore.Firestore;
import com.google.cloud.firestore.FirestoreOptions;
import dev.holdfast.gcp.GcpSetup.Finding;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Says whether Firestore answers. Blocks. */
final class FirestoreCheck {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private FirestoreCheck() {}

  static Finding check(GcpOptions options) {
    String what = "Firestore database " + options.database();
    boolean emulators =
        options.pubSubEmulator().isPresent() || options.storageEmulator().isPresent();
    if (emulators && options.firestoreEmulator().isEmpty()) {
      return Finding.unknown(
          what + ": there is no emulator in its place", "Name one in FIRESTORE_EMULATOR_HOST.");
    }
    FirestoreOptions.Builder client =
        FirestoreOptions.newBuilder()
            .setProjectId(options.project())
            .setDatabaseId(options.database());
    options.firestoreEmulator().ifPresent(client::setEmulatorHost);
    Firestore firestore = client.build().getService();
    try {
      firestore.document("jobs/job_check").get().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      return Finding.ok(what);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Finding.unknown(what + ": the check was interrupted", "Run this again.");
    } catch (ExecutionException e) {
      return Finding.problem(
          what + " cannot be read: " + e.getCause(),
          "Make it with gcloud firestore databases create --database=%s and grant"
                  .formatted(options.database())
              + " roles/datastore.user.");
    } catch (TimeoutException e) {
      return Finding.problem(
          what + " does not answer within " + LIMIT.toSeconds() + " s",
          "Check the network and the project's name.");
    } finally {
      firestore.shutdownNow();
    }
  }
}
