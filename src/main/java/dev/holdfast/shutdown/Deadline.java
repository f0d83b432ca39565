package dev.holdfast.shutdown;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How long is left, from what clouds and people write. */
final class Deadline {

  /** A later end is taken for this one: no drain needs longer, and the sums stay small. */
  private static final Duration LEFT_MAX = Duration.ofHours(24);

  private static final Pattern SHAPE = Pattern.compile("([0-9]{1,9})(ms|s|m|h)?");

  private Deadline() {}

  /**
   * What is left until {@code moment}: nothing, if that has passed. The machine is still there, so
   * the two clocks differ or the eviction is under way; who hears it should do what can be done
   * within a second or two, and not take the time that it has where nobody named a moment.
   */
  static Duration until(Instant moment, Instant now) {
    Duration left = Duration.between(now, moment);
    return left.isNegative() ? Duration.ZERO : capped(left);
  }

  /** The duration that a person wrote, {@code 15}, {@code 15s} or {@code 2m}; empty if none. */
  static Optional<Duration> parse(String text) {
    Matcher matcher = SHAPE.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long number = Long.parseLong(matcher.group(1));
    String unit = matcher.group(2) == null ? "s" : matcher.group(2);
    return Optional.of(
        capped(
            switch (unit) {
              case "ms" -> Duration.ofMillis(number);
              case "m" -> Duration.ofMinutes(number);
              case "h" -> Duration.ofHours(number);
              default -> Duration.ofSeconds(number);
            }));
  }

  private static Duration capped(Duration left) {
    return left.compareTo(LEFT_MAX) > 0 ? LEFT_MAX : left;
  }
}
