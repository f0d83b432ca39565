package dev.holdfast;

import dev.holdfast.gcp.GcpOptions;
import dev.holdfast.job.Job;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How a worker process is started: this Java, this classpath, settings in the environment. */
final class WorkerCommandLine {

  /** Flags of a worker's Java; the launcher gives {@code holdfast worker} the same. */
  private static final List<String> JAVA_FLAGS =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:+AlwaysPreTouch",
          "-XX:+ExitOnOutOfMemoryError");

  /** What libraries read; an operator's own values win. */
  private static final Map<String, String> LIBRARIES =
      Map.of(
          "DJL_OFFLINE",
          "true",
          "FIRESTORE_ENABLE_TRACING",
          "off",
          "TOKENIZERS_PARALLELISM",
          "false",
          "MALLOC_ARENA_MAX",
          "2");

  private WorkerCommandLine() {}

  static ProcessBuilder of(String name, Config config) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command =
        Stream.of(
                Stream.of(java, "-Xms" + config.workerHeap(), "-Xmx" + config.workerHeap()),
                JAVA_FLAGS.stream(),
                Stream.of(
                    "-cp",
                    System.getProperty("java.class.path"),
                    Main.class.getName(),
                    "worker",
                    "--with-parent"))
            .flatMap(part -> part)
            .collect(Collectors.toList());
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    LIBRARIES.forEach(environment::putIfAbsent);
    environment.keySet().removeIf(WorkerCommandLine::setElsewhere);
    config.gcp().ifPresent(gcp -> set(environment, gcp));
    set(environment, Setting.DATA, config.data().toString());
    set(environment, Setting.MODELS, config.models().toString());
    config.inputRoot().ifPresent(root -> set(environment, Setting.INPUT_ROOT, root.toString()));
    set(environment, Setting.HOST, config.host());
    set(environment, Setting.MANAGEMENT_PORT, "0");
    set(environment, Setting.WORKER_ID, name);
    set(environment, config.place());
    set(environment, Setting.SLOTS, Integer.toString(config.slots()));
    set(environment, Setting.LEASE, DurationText.print(config.lease()));
    set(environment, Setting.CHECKPOINT, config.checkpointText());
    set(environment, Setting.INTERRUPTIONS_EVERY, DurationText.print(config.interruptionsEvery()));
    config.scratch().ifPresent(d -> set(environment, Setting.SCRATCH, d.toString()));
    set(environment, Setting.WARM_UP, DurationText.print(config.warmUp()));
    set(environment, Setting.CACHE, config.cache().toString());
    set(environment, Setting.EVICTION_NOTICES, String.join(",", config.evictionNotices()));
    config
        .telemetry()
        .pricePerHour()
        .ifPresent(price -> set(environment, Setting.PRICE_PER_HOUR, price.toString()));
    set(environment, Setting.GRACE, DurationText.print(config.grace()));
    return builder;
  }

  private static void set(Map<String, String> environment, GcpOptions gcp) {
    set(environment, Setting.BACKEND, Config.BackendKind.GCP.text());
    set(environment, Setting.GCP_PROJECT, gcp.project());
    set(environment, Setting.GCP_REGION, gcp.region().orElse(""));
    set(environment, Setting.GCP_BUCKET, gcp.bucket());
    set(environment, Setting.GCP_INPUT_BUCKETS, String.join(",", gcp.inputBuckets()));
    set(environment, Setting.GCP_DATABASE, gcp.database());
    environment.putAll(gcp.emulators());
  }

  private static void set(Map<String, String> environment, Job.Place place) {
    set(environment, Setting.NODE, Objects.toString(place.node(), ""));
    set(environment, Setting.ZONE, Objects.toString(place.zone(), ""));
    set(environment, Setting.SPOT, Objects.toString(place.spot(), ""));
    set(environment, Setting.MACHINE, Objects.toString(place.machine(), ""));
  }

  private static boolean setElsewhere(String key) {
    return key.startsWith(Setting.PREFIX) && !key.equals(Setting.LOG_LEVEL.key());
  }

  private static void set(Map<String, String> environment, Setting setting, String value) {
    environment.put(setting.key(), value);
  }
}
