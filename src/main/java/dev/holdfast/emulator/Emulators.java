package dev.holdfast.emulator;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Google's two emulators, started together. */
public final class Emulators implements AutoCloseable {

  /** The variable by which clients find the Pub/Sub emulator. */
  public static final String PUBSUB_VARIABLE = "PUBSUB_EMULATOR_HOST";

  /** The variable by which clients find the Firestore emulator. */
  public static final String FIRESTORE_VARIABLE = "FIRESTORE_EMULATOR_HOST";

  /** The variable by which clients find a stand-in for Cloud Storage, a URL. */
  public static final String STORAGE_VARIABLE = "STORAGE_EMULATOR_HOST";

  /** What to do where there is no SDK. */
  public static final String HOW_TO_GET_THEM =
      "Install the Google Cloud SDK with its emulators (gcloud components install"
          + " pubsub-emulator cloud-firestore-emulator) and put gcloud on the PATH or name its"
          + " root in "
          + GcloudSdk.ROOT_VARIABLE
          + "; or start emulators yourself and name them in "
          + PUBSUB_VARIABLE
          + " and "
          + FIRESTORE_VARIABLE
          + ".";

  private final Emulator pubSub;
  private final Emulator firestore;

  private Emulators(Emulator pubSub, Emulator firestore) {
    this.pubSub = pubSub;
    this.firestore = firestore;
  }

  /**
   * Starts both from the installed Google Cloud SDK. Blocks until they take connections, about two
   * seconds.
   *
   * @param directory for their logs
   * @return empty if there is no SDK that has them
   */
  public static Optional<Emulators> start(Map<String, String> environment, Path directory)
      throws IOException {
    Optional<GcloudSdk> sdk = GcloudSdk.find(environment);
    if (sdk.isEmpty()) {
      return Optional.empty();
    }
    Emulators emulators =
        new Emulators(
            Emulator.pubSub(sdk.get(), directory), Emulator.firestore(sdk.get(), directory));
    try {
      CompletableFuture.allOf(started(emulators.pubSub), started(emulators.firestore)).join();
    } catch (CompletionException e) {
      emulators.close();
      throw new IOException(
          e.getCause() == null ? e.toString() : e.getCause().getMessage(), e.getCause());
    }
    return Optional.of(emulators);
  }

  /** Whether {@link #start} would find them. */
  public static boolean installed(Map<String, String> environment) {
    return GcloudSdk.find(environment).isPresent();
  }

  private static CompletableFuture<Void> started(Emulator emulator) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            emulator.start();
          } catch (IOException e) {
            throw new CompletionException(e);
          }
        });
  }

  public Emulator pubSub() {
    return pubSub;
  }

  public Emulator firestore() {
    return firestore;
  }

  @Override
  public void close() {
    pubSub.close();
    firestore.close();
  }
}
