package dev.holdfast.bench;

import dev.holdfast.emulator.Emulators;
import dev.holdfast.emulator.StorageEndpoint;
import dev.holdfast.gcp.GcpOptions;
import dev.holdfast.gcp.GcpSetup;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Google's emulators and the endpoint that stands in for Cloud Storage, each its own process. */
record GoogleStack(Emulators emulators, Child storage, GcpOptions options)
    implements AutoCloseable {

  private static final String PROJECT = "bench-project";
  private static final String BUCKET = "bench-bucket";

  /** The endpoint's own process: prints its address and serves until its input ends. */
  static final class StorageProcess {

    private StorageProcess() {}

    public static void main(String[] arguments) throws IOException {
      Vertx vertx = Vertx.vertx();
      System.out.println(
          StorageEndpoint.start(vertx, 0, Path.of(arguments[0]))
              .toCompletionStage()
              .toCompletableFuture()
              .join()
              .url());
      while (System.in.read() >= 0) {
        // its parent is alive
      }
      System.exit(0);
    }
  }

  /** Starts all of it, with topics and the bucket made; empty if there are no emulators. */
  static Optional<GoogleStack> start(Path directory, Path log) throws IOException {
    Optional<Emulators> started = Emulators.start(System.getenv(), directory);
    if (started.isEmpty()) {
      System.out.println("no emulators, so nothing on them: " + Emulators.HOW_TO_GET_THEM);
      return Optional.empty();
    }
    Child storage =
        Child.start(
            -1,
            Map.of(),
            log,
            List.of("-Xmx256m"),
            List.of(StorageProcess.class.getName(), directory.resolve("storage").toString()));
    Map<String, String> hosts = new HashMap<>();
    hosts.put(Emulators.PUBSUB_VARIABLE, started.get().pubSub().host());
    hosts.put(Emulators.FIRESTORE_VARIABLE, started.get().firestore().host());
    hosts.put(Emulators.STORAGE_VARIABLE, storage.answer());
    GcpOptions options = on(hosts);
    try (GcpSetup setup = GcpSetup.open(options)) {
      setup.init();
    }
    return Optional.of(new GoogleStack(started.get(), storage, options));
  }

  /** The benchmark's project on the emulators that the usual variables name. */
  static GcpOptions on(Map<String, String> variables) {
    return new GcpOptions(
            PROJECT,
            Optional.empty(),
            GcpOptions.DEFAULT_DATABASE,
            BUCKET,
            Set.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty())
        .withEmulators(variables);
  }

  /** Keeps all of it, and nothing that starts later, on one core. */
  void pin(int core) throws IOException, InterruptedException {
    List<ProcessHandle> all = ProcessHandle.current().descendants().toList();
    for (ProcessHandle one : all) {
      List<String> command =
          List.of("taskset", "-a", "-c", "-p", Integer.toString(core), Long.toString(one.pid()));
      new ProcessBuilder(command)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    }
  }

  @Override
  public void close() {
    storage.close();
    emulators.close();
  }
}
