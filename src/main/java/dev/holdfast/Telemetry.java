package dev.holdfast;

import dev.holdfast.telemetry.OpenTelemetryTraces;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a process tells of itself beyond its metrics.
 *
 * @param pricePerHour what a worker's machine costs an hour, in any currency; empty if nobody said
 * @param podDeletionCost whether a worker in a pod tells Kubernetes what its end would cost
 * @param openTelemetry its own variables, which say where traces go
 */
record Telemetry(
    Optional<Double> pricePerHour, boolean podDeletionCost, Map<String, String> openTelemetry) {

  static final Telemetry STANDARD = new Telemetry(Optional.empty(), false, Map.of());

  private static final String OPEN_TELEMETRY = "OTEL_";

  private static final Pattern PRICE = Pattern.compile("[0-9]{1,6}(\\.[0-9]{1,9})?");
  private static final List<String> LOG_FORMATS = List.of("text", "json");

  /** Notes what is wrong with the reader; the log's format is logback.xml's to read. */
  static Telemetry read(ConfigReader reader, Map<String, String> values) {
    if (!LOG_FORMATS.contains(reader.text(Setting.LOG_FORMAT))) {
      reader.wrong(Setting.LOG_FORMAT, "must be one of " + String.join(", ", LOG_FORMATS));
    }
    String price = reader.text(Setting.PRICE_PER_HOUR);
    boolean priced = PRICE.matcher(price).matches();
    if (!priced && !price.isEmpty()) {
      reader.wrong(Setting.PRICE_PER_HOUR, "must be a number such as 0.71, or empty");
    }
    return new Telemetry(
        priced ? Optional.of(Double.valueOf(price)) : Optional.empty(),
        TrueOrFalse.read(reader, Setting.POD_DELETION_COST),
        values.entrySet().stream()
            .filter(set -> set.getKey().startsWith(OPEN_TELEMETRY))
            .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue)));
  }

  /** Where traces go, if they go anywhere. */
  Optional<OpenTelemetryTraces> traces(Config.Role role, InstantSource clock)
      throws ConfigException {
    try {
      return OpenTelemetryTraces.open(
          "holdfast-" + role.name().toLowerCase(Locale.ROOT), openTelemetry, clock);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(List.of(String.valueOf(e.getMessage())));
    }
  }
}
