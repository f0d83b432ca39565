package dev.holdfast;

import dev.holdfast.emulator.Emulators;
import dev.holdfast.emulator.StorageEndpoint;
import dev.holdfast.gcp.GcpOptions;
import dev.holdfast.gcp.GcpSetup;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Google Cloud on this machine: Google's emulators and the endpoint that stands in for Cloud
 * Storage, with all topics and the bucket made. Records and objects are kept in the data directory;
 * messages end with the emulator, and the Reconciler publishes them again.
 */
final class LocalGoogle implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LocalGoogle.class);
  static final String PROJECT = "holdfast-local";
  static final String BUCKET = "holdfast-local";
  private static final long CALL_SECONDS_MAX = 20;

  private final Vertx vertx = Vertx.vertx();
  private final Map<String, String> variables = new LinkedHashMap<>();
  private @Nullable Emulators emulators;

  private LocalGoogle() {}

  /**
   * Starts what the environment does not name already. Blocks, about three seconds.
   *
   * @throws ConfigException with how to get the emulators if there are none
   */
  static LocalGoogle start(Map<String, String> environment, Path data) throws ConfigException {
    LocalGoogle google = new LocalGoogle();
    try {
      google.open(environment, data);
      return google;
    } catch (IOException | ExecutionException | TimeoutException e) {
      google.close();
      throw new ConfigException(List.of("cannot start: " + e.getMessage()));
    } catch (InterruptedException e) {
      google.close();
      Thread.currentThread().interrupt();
      throw new ConfigException(List.of("interrupted"));
    } catch (ConfigException e) {
      google.close();
      throw e;
    }
  }

  private void open(Map<String, String> environment, Path data)
      throws ConfigException,
          IOException,
          ExecutionException,
          InterruptedException,
          TimeoutException {
    boolean named =
        environment.containsKey(Emulators.PUBSUB_VARIABLE)
            && environment.containsKey(Emulators.FIRESTORE_VARIABLE);
    if (!named) {
      Optional<Emulators> started = Emulators.start(environment, data.resolve("emulators"));
      if (started.isEmpty()) {
        throw new ConfigException(
            List.of("no Google emulators were found. " + Emulators.HOW_TO_GET_THEM));
      }
      emulators = started.get();
      variables.put(Emulators.PUBSUB_VARIABLE, started.get().pubSub().host());
      variables.put(Emulators.FIRESTORE_VARIABLE, started.get().firestore().host());
    }
    if (!environment.containsKey(Emulators.STORAGE_VARIABLE)) {
      StorageEndpoint storage =
          await(StorageEndpoint.start(vertx, 0, data.resolve("emulators").resolve("storage")));
      variables.put(Emulators.STORAGE_VARIABLE, storage.url());
    }
  }

  private static <T> T await(Future<T> future)
      throws ExecutionException, InterruptedException, TimeoutException {
    return future.toCompletionStage().toCompletableFuture().get(CALL_SECONDS_MAX, TimeUnit.SECONDS);
  }

  /** The settings by which every process finds it. */
  Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>(variables);
    settings.put(Setting.BACKEND.key(), Config.BackendKind.GCP.text());
    settings.put(Setting.GCP_PROJECT.key(), PROJECT);
    settings.put(Setting.GCP_BUCKET.key(), BUCKET);
    return settings;
  }

  /**
   * Makes topics, subscriptions and the bucket. Blocks.
   *
   * @throws ConfigException with what could not be made
   */
  static void init(GcpOptions options) throws ConfigException {
    try (GcpSetup setup = GcpSetup.open(options)) {
      List<String> problems =
          setup.init().stream()
              .filter(finding -> finding.level() == GcpSetup.Level.PROBLEM)
              .map(GcpSetup.Finding::line)
              .toList();
      if (!problems.isEmpty()) {
        throw new ConfigException(problems);
      }
    } catch (IOException e) {
      throw new ConfigException(List.of("cannot start: " + e.getMessage()));
    }
  }

  @Override
  public synchronized void close() {
    Emulators running = emulators;
    emulators = null;
    if (running != null) {
      try {
        running.firestore().save(PROJECT);
      } catch (IOException e) {
        LOG.warn("the records of this run are not kept: {}", e.getMessage());
      }
      running.close();
    }
    vertx.close();
  }
}
