package dev.holdfast;

import dev.holdfast.gcp.GcpOptions;
import dev.holdfast.job.Job;
import dev.holdfast.webhook.WebhookOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an operator can set, read from one map and checked as a whole.
 *
 * @param gcp where on Google Cloud jobs are kept; empty if they are kept in {@code data}
 * @param data where jobs, inputs and results are kept, absolute
 * @param models the file that declares the models, absolute; see {@link ModelsFile}
 * @param inputRoot the directory below which jobs may name {@code file:} inputs, absolute
 * @param host the address that the API and the management port listen on
 * @param port the API's, 0 for any free one
 * @param managementPort that of health and metrics, 0 for any free one
 * @param reusePort whether another process of the same user may listen on the API's ports, too
 * @param worker the worker's name in the roster and in leases
 * @param place where the worker runs, as far as the operator has said so
 * @param slots how many deliveries a worker may hold
 * @param lease how long a silent worker keeps its job
 * @param checkpoint how much work a lost worker may cost; empty to tune it
 * @param interruptionsEvery what tuning takes for the time between lost workers at first
 * @param scratch where parts wait for the object store, absolute; empty for none
 * @param warmUp how long a worker measures a model; zero for not at all
 * @param cache where what was measured is kept, absolute
 * @param grace how long an orderly exit may take
 * @param evictionNotices where a worker hears of its eviction, as {@link Notices} reads them
 * @param webhooks how clients are told that their jobs have ended
 * @param telemetry what is told beyond metrics
 * @param workerHeap as in {@code -Xmx}: the heap of each worker that {@link LocalStack} starts
 */
public record Config(
    Optional<GcpOptions> gcp,
    Path data,
    Path models,
    Optional<Path> inputRoot,
    String host,
    int port,
    int managementPort,
    boolean reusePort,
    String worker,
    Job.Place place,
    int slots,
    Duration lease,
    Optional<Duration> checkpoint,
    Duration interruptionsEvery,
    Optional<Path> scratch,
    Duration warmUp,
    Path cache,
    Duration grace,
    List<String> evictionNotices,
    WebhookOptions webhooks,
    Telemetry telemetry,
    String workerHeap) {

  static final int PORT_MAX = 65_535;
  static final int SLOTS_MAX = 1_024;
  static final Duration LEASE_MIN = Duration.ofSeconds(3);
  static final Duration LEASE_MAX = Duration.ofMinutes(10);
  static final Duration CHECKPOINT_MIN = Duration.ofMillis(200);
  static final Duration CHECKPOINT_MAX = Duration.ofMinutes(5);
  static final Duration INTERRUPTIONS_EVERY_MIN = Duration.ofMinutes(1);
  static final Duration INTERRUPTIONS_EVERY_MAX = Duration.ofDays(30);
  static final Duration WARM_UP_MAX = Duration.ofMinutes(2);
  static final Duration GRACE_MIN = Duration.ofSeconds(1);
  static final Duration GRACE_MAX = Duration.ofMinutes(10);
  private static final int MANAGEMENT_PORT_API = 9_090;
  private static final int MANAGEMENT_PORT_WORKER = 9_091;

  /** Where jobs are kept. */
  enum BackendKind {
    EMBEDDED("embedded"),
    GCP("gcp");

    private final String text;

    BackendKind(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  /** The checkpoint span as it would be written. */
  String checkpointText() {
    return checkpoint.map(DurationText::print).orElse(ConfigReader.AUTO);
  }

  /** What this process is for; a few defaults depend on it. */
  public enum Role {
    API(MANAGEMENT_PORT_API),
    WORKER(MANAGEMENT_PORT_WORKER);

    private final int managementPort;

    Role(int managementPort) {
      this.managementPort = managementPort;
    }
  }

  /**
   * Reads the settings; keys that do not begin with {@code HOLDFAST_} are not ours and are ignored.
   *
   * @param values the environment, overlaid by flags under the same keys
   * @throws ConfigException with every problem there is
   */
  public static Config read(Map<String, String> values, Role role) throws ConfigException {
    ConfigReader reader = new ConfigReader(values);
    Config config =
        new Config(
            reader.backend(Setting.BACKEND) == BackendKind.GCP
                ? Optional.of(reader.gcp())
                : Optional.empty(),
            reader.path(Setting.DATA),
            reader.path(Setting.MODELS),
            reader.optionalPath(Setting.INPUT_ROOT),
            reader.host(Setting.HOST),
            reader.whole(Setting.PORT, 8_080, 0, PORT_MAX),
            reader.whole(Setting.MANAGEMENT_PORT, role.managementPort, 0, PORT_MAX),
            TrueOrFalse.read(reader, Setting.REUSE_PORT),
            reader.worker(Setting.WORKER_ID),
            reader.place(),
            reader.whole(Setting.SLOTS, 256, 1, SLOTS_MAX),
            reader.duration(Setting.LEASE, LEASE_MIN, LEASE_MAX),
            reader.durationOrAuto(Setting.CHECKPOINT, CHECKPOINT_MIN, CHECKPOINT_MAX),
            reader.duration(
                Setting.INTERRUPTIONS_EVERY, INTERRUPTIONS_EVERY_MIN, INTERRUPTIONS_EVERY_MAX),
            reader.newPath(Setting.SCRATCH),
            reader.duration(Setting.WARM_UP, Duration.ZERO, WARM_UP_MAX),
            reader.newPath(Setting.CACHE).orElse(reader.path(Setting.DATA).resolve("cache")),
            reader.duration(Setting.GRACE, GRACE_MIN, GRACE_MAX),
            reader.notices(Setting.EVICTION_NOTICES),
            reader.webhooks(),
            Telemetry.read(reader, values),
            reader.heap(Setting.WORKER_HEAP));
    if (config.port != 0 && config.port == config.managementPort && role == Role.API) {
      reader.wrong(
          Setting.MANAGEMENT_PORT,
          Integer.toString(config.managementPort),
          "must not be the port of the API; choose another, or 0");
    }
    reader.finish();
    return config;
  }
}
