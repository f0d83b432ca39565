package dev.holdfast.world;

import com.google.cloud.firestore.Firestore;
import com.google.cloud.firestore.FirestoreOptions;
import dev.holdfast.emulator.Emulators;
import dev.holdfast.gcp.GcpOptions;
import dev.holdfast.job.JobId;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Finds the emulators once for all tests of the JVM: those that the usual variables name, else the
 * installed SDK's, started here and stopped with the JVM's last test, else Docker's.
 */
public final class GoogleEmulators implements BeforeAllCallback {

  private static final Path LOGS = Path.of("target", "emulators");

  private static @Nullable Map<String, String> hosts;

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    start(context.getRoot().getStore(ExtensionContext.Namespace.GLOBAL));
  }

  private static synchronized void start(ExtensionContext.Store store) throws IOException {
    if (hosts != null) {
      return;
    }
    Map<String, String> environment = System.getenv();
    Map<String, String> found = new HashMap<>();
    if (named(environment)) {
      for (String variable : List.of(Emulators.PUBSUB_VARIABLE, Emulators.FIRESTORE_VARIABLE)) {
        found.put(variable, reachable(variable, environment.getOrDefault(variable, "")));
      }
    } else {
      Optional<Emulators> started = Emulators.start(environment, LOGS);
      if (started.isPresent()) {
        // the store closes what it holds when the last test has ended
        store.put(Emulators.class, started.get());
        found.put(Emulators.PUBSUB_VARIABLE, started.get().pubSub().host());
        found.put(Emulators.FIRESTORE_VARIABLE, started.get().firestore().host());
      } else if (DockerEmulators.possible()) {
        DockerEmulators docker = DockerEmulators.start();
        store.put(DockerEmulators.class, docker);
        found.putAll(docker.hosts());
      } else {
        throw new IllegalStateException(
            "No Google emulators were found. " + Emulators.HOW_TO_GET_THEM);
      }
    }
    String storage = environment.getOrDefault(Emulators.STORAGE_VARIABLE, "");
    if (storage.isBlank()) {
      LocalStorage started = LocalStorage.start();
      store.put(LocalStorage.class, started);
      found.put(Emulators.STORAGE_VARIABLE, started.url());
    } else {
      reachable(Emulators.STORAGE_VARIABLE, storage.replace("http://", ""));
      found.put(Emulators.STORAGE_VARIABLE, storage);
    }
    warmUp(found.getOrDefault(Emulators.FIRESTORE_VARIABLE, ""));
    hosts = found;
  }

  /**
   * The first write of an emulator that has just started, by a client whose classes are not loaded,
   * takes longer on a busy machine than one call of Holdfast may; the library's own limit is a
   * minute.
   */
  private static void warmUp(String firestore) throws IOException {
    FirestoreOptions options =
        FirestoreOptions.newBuilder().setProjectId("warm-up").setEmulatorHost(firestore).build();
    Firestore client = options.getService();
    try {
      client.collection("warm-up").document("first").set(Map.of()).get();
    } catch (ExecutionException e) {
      throw new IOException("the Firestore emulator at " + firestore + " takes no write", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted at the first write of an emulator", e);
    } finally {
      client.shutdown();
    }
  }

  /** Whether the tests would find emulators; starts nothing. */
  static boolean present() {
    return named(System.getenv())
        || Emulators.installed(System.getenv())
        || DockerEmulators.possible();
  }

  private static boolean named(Map<String, String> environment) {
    return environment.containsKey(Emulators.PUBSUB_VARIABLE)
        && environment.containsKey(Emulators.FIRESTORE_VARIABLE);
  }

  /** Tests never leave the machine, whatever a variable says. */
  private static String reachable(String variable, String host) throws IOException {
    URI uri = URI.create("tcp://" + host);
    if (!Set.of("127.0.0.1", "localhost", "[::1]").contains(uri.getHost())) {
      throw new IOException(variable + "=" + host + " is not on this machine");
    }
    try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
      return socket.isConnected() ? host : "";
    } catch (IOException e) {
      throw new IOException(variable + "=" + host + " does not answer", e);
    }
  }

  /** A project and buckets that no other test has. */
  public static synchronized GcpOptions fresh() {
    if (hosts == null) {
      throw new IllegalStateException("the test class is not @OnEmulators");
    }
    String token = JobId.randomToken();
    return new GcpOptions(
            "test-" + token.substring(0, 20),
            Optional.empty(),
            GcpOptions.DEFAULT_DATABASE,
            "bucket-" + token,
            Set.of("inputs-" + token),
            Optional.empty(),
            Optional.empty(),
            Optional.empty())
        .withEmulators(hosts);
  }
}
