package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.gcp.GcpOptions;
import dev.holdfast.job.Job;
import dev.holdfast.webhook.WebhookOptions;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConfigTest {

  @Test
  void everyDefaultIsPinned() throws ConfigException {
    Map<String, String> named = Map.of("HOLDFAST_WORKER_ID", "w", "PATH", "/bin");
    Path here = Path.of("").toAbsolutePath();

    assertThat(Config.read(named, Config.Role.API))
        .isEqualTo(
            new Config(
                Optional.empty(),
                here.resolve("data"),
                here.resolve("holdfast.yaml"),
                Optional.empty(),
                "127.0.0.1",
                8080,
                9090,
                false,
                "w",
                new Job.Place(host(), null, null),
                256,
                Duration.ofSeconds(30),
                Optional.empty(),
                Duration.ofHours(1),
                Optional.empty(),
                Duration.ofSeconds(10),
                here.resolve("data/cache"),
                Duration.ofSeconds(12),
                List.of(),
                WebhookOptions.OFF,
                Telemetry.STANDARD,
                "256m"));
    assertThat(Config.read(named, Config.Role.WORKER).managementPort()).isEqualTo(9091);
    assertThat(Setting.SERVER.standard()).isEqualTo("http://127.0.0.1:8080");
    assertThat(Setting.LOG_LEVEL.standard()).isEqualTo("info");
    assertThat(Setting.JAVA_OPTS.standard()).isEmpty();
    assertThat(Setting.values()).hasSize(36);
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "worker";
    }
  }

  @Test
  void whatIsWrittenDownIsTheDefault() throws ConfigException {
    Config config = Config.read(Map.of(), Config.Role.API);

    assertThat(Setting.PORT.standard()).isEqualTo(Integer.toString(config.port()));
    assertThat(Setting.SLOTS.standard()).isEqualTo(Integer.toString(config.slots()));
    assertThat(Setting.LEASE.standard()).isEqualTo(DurationText.print(config.lease()));
    assertThat(config.worker()).endsWith("-" + ProcessHandle.current().pid());
  }

  @Test
  void everyProblemIsToldAtOnceWithKeyValueAndWhatIsAllowed() {
    ConfigException refused =
        catchThrowableOfType(
            ConfigException.class,
            () ->
                Config.read(
                    Map.of(
                        "HOLDFAST_PORT", "eighty",
                        "HOLDFAST_LEASE", "2s",
                        "HOLDFAST_CHECKPOINT", "6m",
                        "HOLDFAST_GRACE", "1x",
                        "HOLDFAST_SLOTS", "0",
                        "HOLDFAST_REUSE_PORT", "yes",
                        "HOLDFAST_INPUT_ROOT", "/nowhere/at/all",
                        "HOLDFAST_WORKER_HEAP", "lots",
                        "HOLDFAST_LOG_LEVEL", "loud",
                        "HOLDFAST_PROT", "1\n2"),
                    Config.Role.API));

    assertThat(refused.problems())
        .containsExactlyInAnyOrder(
            "HOLDFAST_PORT=eighty must be a whole number from 0 to 65535",
            "HOLDFAST_LEASE=2s must be a duration from 3s to 10m, such as 30s",
            "HOLDFAST_CHECKPOINT=6m must be auto, or a duration from 200ms to 5m, such as 10s",
            "HOLDFAST_GRACE=1x must be a duration from 1s to 10m, such as 12s",
            "HOLDFAST_SLOTS=0 must be a whole number from 1 to 1024",
            "HOLDFAST_REUSE_PORT=yes must be true or false",
            "HOLDFAST_INPUT_ROOT=/nowhere/at/all must be a directory that exists, or empty for none",
            "HOLDFAST_WORKER_HEAP=lots must be a size in megabytes or gigabytes, such as 512m or 2g",
            "HOLDFAST_LOG_LEVEL=loud must be one of error, warn, info, debug, trace",
            "HOLDFAST_PROT=1?2 is not a setting; did you mean 'HOLDFAST_PORT'?");
  }

  @Test
  void whatIsMeasuredAndWhereItIsKeptCanBeSet() throws ConfigException {
    Config off =
        Config.read(
            Map.of("HOLDFAST_WARM_UP", "0s", "HOLDFAST_CACHE", "/cache"), Config.Role.WORKER);
    assertThat(off.warmUp()).isZero();
    assertThat(off.cache()).isEqualTo(Path.of("/cache"));
    assertThat(Config.read(Map.of("HOLDFAST_DATA", "/data"), Config.Role.WORKER).cache())
        .isEqualTo(Path.of("/data/cache"));
    assertThat(problems(Map.of("HOLDFAST_WARM_UP", "3m")))
        .containsExactly("HOLDFAST_WARM_UP=3m must be a duration from 0s to 2m, such as 10s");
  }

  @Test
  void aPlaceIsReadAsFarAsItIsSet() throws ConfigException {
    Map<String, String> set =
        Map.of(
            "HOLDFAST_NODE", "gke-pool-1.internal",
            "HOLDFAST_ZONE", "europe-west4-a",
            "HOLDFAST_SPOT", "false");
    assertThat(Config.read(set, Config.Role.WORKER).place())
        .isEqualTo(new Job.Place("gke-pool-1.internal", "europe-west4-a", false));
    assertThat(Config.read(Map.of("HOLDFAST_SPOT", ""), Config.Role.WORKER).place().spot())
        .isNull();
    assertThat(
            problems(
                Map.of("HOLDFAST_NODE", "a b", "HOLDFAST_ZONE", "/", "HOLDFAST_SPOT", "maybe")))
        .containsExactlyInAnyOrder(
            "HOLDFAST_NODE=a b must be 1 to 253 letters, digits, dots, dashes or underscores",
            "HOLDFAST_ZONE=/ must be 1 to 63 letters, digits, dots, dashes or underscores",
            "HOLDFAST_SPOT=maybe must be true, false, or empty for unknown");
  }

  @Test
  void whatIsToldIsReadAndWhatIsWrongWithItIsNamed() throws ConfigException {
    Config config =
        Config.read(
            Map.of(
                "HOLDFAST_MACHINE", "g2-standard-8",
                "HOLDFAST_PRICE_PER_HOUR", "0.7075",
                "HOLDFAST_POD_DELETION_COST", "true",
                "HOLDFAST_LOG_FORMAT", "json"),
            Config.Role.WORKER);
    assertThat(config.place().machine()).isEqualTo("g2-standard-8");
    assertThat(config.telemetry()).isEqualTo(new Telemetry(Optional.of(0.7075), true, Map.of()));
    assertThat(
            problems(
                Map.of(
                    "HOLDFAST_MACHINE", "g2/8",
                    "HOLDFAST_PRICE_PER_HOUR", "1e9",
                    "HOLDFAST_POD_DELETION_COST", "yes",
                    "HOLDFAST_LOG_FORMAT", "xml")))
        .containsExactlyInAnyOrder(
            "HOLDFAST_MACHINE=g2/8 must be 1 to 63 letters, digits, dots, dashes or underscores",
            "HOLDFAST_PRICE_PER_HOUR=1e9 must be a number such as 0.71, or empty",
            "HOLDFAST_POD_DELETION_COST=yes must be true or false",
            "HOLDFAST_LOG_FORMAT=xml must be one of text, json");
  }

  @Test
  void theTwoPortsOfAnApiDiffer() {
    ConfigException refused =
        catchThrowableOfType(
            ConfigException.class,
            () -> Config.read(Map.of("HOLDFAST_PORT", "9090"), Config.Role.API));

    assertThat(refused.problems())
        .isEqualTo(
            List.of(
                "HOLDFAST_MANAGEMENT_PORT=9090 must not be the port of the API; choose another,"
                    + " or 0"));
  }

  @Test
  void boundsAreInside() throws ConfigException {
    Config config =
        Config.read(
            Map.of(
                "HOLDFAST_LEASE", "600s",
                "HOLDFAST_CHECKPOINT", "200ms",
                "HOLDFAST_PORT", "0",
                "HOLDFAST_MANAGEMENT_PORT", "0"),
            Config.Role.API);

    assertThat(config.lease()).isEqualTo(Duration.ofMinutes(10));
    assertThat(config.checkpoint()).contains(Duration.ofMillis(200));
    assertThat(config.managementPort()).isZero();
  }

  @Test
  void durationsReadBackAsTheyArePrinted() {
    for (String text : List.of("200ms", "1s", "90s", "5m", "1500ms", "2h", "90m")) {
      Duration duration = DurationText.parse(text).orElseThrow();
      assertThat(DurationText.print(duration)).isEqualTo(text);
    }
    assertThat(DurationText.parse("5 s")).isEmpty();
    assertThat(DurationText.parse("-1s")).isEmpty();
    assertThat(DurationText.parse("99999999999s")).isEmpty();
  }

  @Test
  void googleCloudIsReadWithItsEmulators() throws ConfigException {
    Map<String, String> values =
        Map.of(
            "HOLDFAST_BACKEND",
            "gcp",
            "HOLDFAST_GCP_PROJECT",
            "my-project-1",
            "HOLDFAST_GCP_REGION",
            "europe-west4",
            "HOLDFAST_GCP_BUCKET",
            "jobs.example",
            "HOLDFAST_GCP_INPUT_BUCKETS",
            "a-bucket, another",
            "PUBSUB_EMULATOR_HOST",
            "127.0.0.1:8085");
    assertThat(Config.read(values, Config.Role.API).gcp())
        .contains(
            new GcpOptions(
                "my-project-1",
                Optional.of("europe-west4"),
                "(default)",
                "jobs.example",
                Set.of("a-bucket", "another"),
                Optional.of("127.0.0.1:8085"),
                Optional.empty(),
                Optional.empty()));
  }

  @Test
  void everyGoogleSettingThatIsMissingOrWrongIsNamed() {
    Map<String, String> values =
        Map.of(
            "HOLDFAST_BACKEND",
            "gcp",
            "HOLDFAST_GCP_REGION",
            "Europe",
            "HOLDFAST_GCP_INPUT_BUCKETS",
            "ok-bucket,NO",
            "HOLDFAST_GCP_DATABASE",
            "x");
    assertThat(problems(values))
        .containsExactlyInAnyOrder(
            "HOLDFAST_GCP_REGION=Europe must be a region, such as europe-west4",
            "HOLDFAST_GCP_INPUT_BUCKETS=ok-bucket,NO must be names of buckets with"
                + " commas between",
            "HOLDFAST_GCP_PROJECT= must be the id of a project, such as my-project-1",
            "HOLDFAST_GCP_DATABASE=x must be the id of a database, such as (default)",
            "HOLDFAST_GCP_BUCKET= must be the name of a bucket");
    assertThat(problems(Map.of("HOLDFAST_BACKEND", "aws")))
        .containsExactly("HOLDFAST_BACKEND=aws must be embedded or gcp");
  }

  private static List<String> problems(Map<String, String> values) {
    return catchThrowableOfType(ConfigException.class, () -> Config.read(values, Config.Role.API))
        .problems();
  }
}
