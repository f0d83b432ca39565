package dev.holdfast;

import dev.holdfast.gcp.GcpOptions;
import dev.holdfast.job.Job;
import dev.holdfast.webhook.WebhookOptions;
import dev.holdfast.webhook.WebhookSecrets;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads typed values and collects what is wrong with them; each wrong value reads as its default.
 */
final class ConfigReader {

  /** Instead of a duration: whatever is best. */
  static final String AUTO = "auto";

  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._:%\\-\\[\\]]{1,255}");
  private static final Pattern WORKER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final Pattern NODE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,252}");
  private static final Pattern ZONE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
  private static final Pattern HEAP = Pattern.compile("[1-9][0-9]{0,5}[mMgG]");
  private static final Pattern NOTICE = Pattern.compile("gce|aws|azure|http|file:[^\u0000]+");
  private static final Pattern COMMA = Pattern.compile(",");
  private static final Pattern PROJECT = Pattern.compile("[a-z][a-z0-9-]{4,28}[a-z0-9]");
  private static final Pattern REGION = Pattern.compile("[a-z]+-[a-z]+[0-9]{1,2}");
  private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]");
  private static final Pattern DATABASE =
      Pattern.compile("\\(default\\)|[a-z][a-z0-9-]{2,61}[a-z0-9]");
  private static final List<String> LOG_LEVELS = List.of("error", "warn", "info", "debug", "trace");

  private final Map<String, String> values;
  private final List<String> problems = new ArrayList<>();

  ConfigReader(Map<String, String> values) {
    this.values = values;
  }

  Path path(Setting setting) {
    String text = text(setting);
    try {
      return Path.of(text).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      wrong(setting, "is not a path: " + e.getReason());
      return Path.of(setting.standard()).toAbsolutePath().normalize();
    }
  }

  Optional<Path> optionalPath(Setting setting) {
    if (text(setting).isEmpty()) {
      return Optional.empty();
    }
    Path path = path(setting);
    if (!Files.isDirectory(path)) {
      wrong(setting, "must be a directory that exists, or empty for none");
    }
    return Optional.of(path);
  }

  /** A directory that may be made later, or empty for none. */
  Optional<Path> newPath(Setting setting) {
    return text(setting).isEmpty() ? Optional.empty() : Optional.of(path(setting));
  }

  String host(Setting setting) {
    String text = text(setting);
    if (!HOST.matcher(text).matches()) {
      wrong(setting, "must be an address or a host name to listen on, such as 127.0.0.1");
    }
    return text;
  }

  int whole(Setting setting, int standard, int min, int max) {
    String text = text(setting);
    if (text.isEmpty()) {
      return standard;
    }
    try {
      int value = Integer.parseInt(text);
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // falls through: not a number and out of bounds are told the same way
    }
    wrong(setting, "must be a whole number from %d to %d".formatted(min, max));
    return standard;
  }

  Duration duration(Setting setting, Duration min, Duration max) {
    Optional<Duration> value = DurationText.parse(text(setting));
    if (value.isPresent() && value.get().compareTo(min) >= 0 && value.get().compareTo(max) <= 0) {
      return value.get();
    }
    wrong(
        setting,
        "must be a duration from %s to %s, such as %s"
            .formatted(DurationText.print(min), DurationText.print(max), setting.standard()));
    return DurationText.parse(setting.standard()).orElse(min);
  }

  /** A duration, or empty for {@link #AUTO}. */
  Optional<Duration> durationOrAuto(Setting setting, Duration min, Duration max) {
    String text = text(setting);
    Optional<Duration> value = DurationText.parse(text);
    if (value.isPresent() && value.get().compareTo(min) >= 0 && value.get().compareTo(max) <= 0) {
      return value;
    }
    if (!text.equals(AUTO)) {
      wrong(
          setting,
          "must be auto, or a duration from %s to %s, such as 10s"
              .formatted(DurationText.print(min), DurationText.print(max)));
    }
    return Optional.empty();
  }

  String worker(Setting setting) {
    String text = text(setting);
    if (text.isEmpty()) {
      return hostName() + "-" + ProcessHandle.current().pid();
    }
    if (!WORKER.matcher(text).matches()) {
      wrong(setting, "must be 1 to 64 letters, digits, dots, dashes or underscores");
    }
    return text;
  }

  /** Where the worker runs, as far as it is set; its machine has a name in any case. */
  Job.Place place() {
    String node = named(Setting.NODE, NODE, "1 to 253");
    String spot = text(Setting.SPOT);
    if (!spot.isEmpty() && !spot.equals("true") && !spot.equals("false")) {
      wrong(Setting.SPOT, "must be true, false, or empty for unknown");
    }
    return new Job.Place(
        node == null ? hostName() : node,
        named(Setting.ZONE, ZONE, "1 to 63"),
        spot.isEmpty() ? null : Boolean.valueOf(spot),
        named(Setting.MACHINE, ZONE, "1 to 63"));
  }

  private @Nullable String named(Setting setting, Pattern allowed, String length) {
    String text = text(setting);
    if (text.isEmpty()) {
      return null;
    }
    if (!allowed.matcher(text).matches()) {
      wrong(setting, "must be %s letters, digits, dots, dashes or underscores".formatted(length));
    }
    return text;
  }

  Config.BackendKind backend(Setting setting) {
    String text = text(setting);
    for (Config.BackendKind kind : Config.BackendKind.values()) {
      if (kind.text().equals(text)) {
        return kind;
      }
    }
    wrong(setting, "must be embedded or gcp");
    return Config.BackendKind.EMBEDDED;
  }

  /** Where on Google Cloud; the emulators' own variables are heeded, as its tools do. */
  GcpOptions gcp() {
    Optional<String> region =
        text(Setting.GCP_REGION).isEmpty()
            ? Optional.empty()
            : Optional.of(matching(Setting.GCP_REGION, REGION, "a region, such as europe-west4"));
    Set<String> inputBuckets = new TreeSet<>();
    for (String bucket : COMMA.split(text(Setting.GCP_INPUT_BUCKETS), -1)) {
      if (!bucket.isBlank()) {
        if (!BUCKET.matcher(bucket.strip()).matches()) {
          wrong(Setting.GCP_INPUT_BUCKETS, "must be names of buckets with commas between");
        }
        inputBuckets.add(bucket.strip());
      }
    }
    return new GcpOptions(
            matching(Setting.GCP_PROJECT, PROJECT, "the id of a project, such as my-project-1"),
            region,
            matching(Setting.GCP_DATABASE, DATABASE, "the id of a database, such as (default)"),
            matching(Setting.GCP_BUCKET, BUCKET, "the name of a bucket"),
            inputBuckets,
            Optional.empty(),
            Optional.empty(),
            Optional.empty())
        .withEmulators(values);
  }

  private String matching(Setting setting, Pattern allowed, String what) {
    String text = text(setting);
    if (!allowed.matcher(text).matches()) {
      wrong(setting, "must be " + what);
    }
    return text;
  }

  List<String> notices(Setting setting) {
    List<String> names = new ArrayList<>();
    for (String part : COMMA.split(text(setting), -1)) {
      String name = part.strip();
      if (name.isEmpty()) {
        continue;
      }
      if (!NOTICE.matcher(name).matches()) {
        wrong(setting, "must be some of gce, aws, azure, http and file:PATH with commas between");
        return List.of();
      }
      names.add(name);
    }
    return List.copyOf(names);
  }

  /** A secret that is wrong is still a secret: it is not shown. */
  WebhookOptions webhooks() {
    Optional<WebhookSecrets> secrets = WebhookSecrets.parse(text(Setting.WEBHOOK_SECRETS));
    if (secrets.isEmpty()) {
      wrong(Setting.WEBHOOK_SECRETS, "(not shown)", WebhookSecrets.FORM);
    }
    Optional<List<String>> allowed = WebhookOptions.blocks(text(Setting.WEBHOOK_ALLOW));
    if (allowed.isEmpty()) {
      wrong(
          Setting.WEBHOOK_ALLOW,
          "must be blocks of addresses with commas between, such as 10.1.0.0/16 or fd00::/8, with"
              + " nothing set behind the prefix");
    }
    return new WebhookOptions(secrets.orElse(WebhookSecrets.NONE), allowed.orElse(List.of()));
  }

  String heap(Setting setting) {
    String text = text(setting);
    if (!HEAP.matcher(text).matches()) {
      wrong(setting, "must be a size in megabytes or gigabytes, such as 512m or 2g");
    }
    return text;
  }

  void wrong(Setting setting, String allowed) {
    wrong(setting, text(setting), allowed);
  }

  /** Notes a problem with the value of a setting; {@code allowed} says what it must be. */
  void wrong(Setting setting, String value, String allowed) {
    problems.add("%s=%s %s".formatted(setting.key(), Shown.of(value), allowed));
  }

  /** Ends the reading. */
  void finish() throws ConfigException {
    if (!LOG_LEVELS.contains(text(Setting.LOG_LEVEL))) {
      wrong(Setting.LOG_LEVEL, "must be one of " + String.join(", ", LOG_LEVELS));
    }
    for (String key : new TreeSet<>(values.keySet())) {
      if (key.startsWith(Setting.PREFIX) && Setting.ofKey(key).isEmpty()) {
        problems.add(
            "%s=%s is not a setting%s"
                .formatted(
                    Shown.of(key),
                    Shown.of(values.getOrDefault(key, "")),
                    Nearest.hint(key, Setting.keys())));
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  /** The value, or its default. */
  String text(Setting setting) {
    String text = values.getOrDefault(setting.key(), "").strip();
    return text.isEmpty() ? setting.standard() : text;
  }

  private static String hostName() {
    try {
      String name = InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9.-]", "-");
      String bounded = name.length() > 48 ? name.substring(0, 48) : name;
      return WORKER.matcher(bounded).matches() ? bounded : "worker";
    } catch (UnknownHostException e) {
      return "worker";
    }
  }
}
