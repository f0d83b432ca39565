package dev.holdfast.shutdown;

import dev.holdfast.shutdown.EvictionNotice.Notice;
import dev.holdfast.shutdown.MetadataClient.Answer;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One item of EC2's instance metadata that is absent (404) until there is something to say. AWS
 * asks to look every 5 s (docs.aws.amazon.com/AWSEC2/latest/UserGuide/
 * spot-instance-termination-notices.html).
 */
final class AwsProbe implements Probe {

  private static final Duration BETWEEN = Duration.ofSeconds(5);
  private static final String HIBERNATE = "hibernate";
  private static final Set<String> ACTIONS = Set.of("terminate", "stop", HIBERNATE);

  /** Tells from the item what is to happen. */
  private interface Reading {
    Notice read(JsonObject item) throws IOException;
  }

  private final AwsToken token;
  private final URI base;
  private final String path;
  private final Reading reading;
  private @Nullable String heard;

  private AwsProbe(AwsToken token, URI base, String path, Reading reading) {
    this.token = token;
    this.base = base;
    this.path = path;
    this.reading = reading;
  }

  /** The two minutes' notice. Hibernation begins at once, whatever time is named: no deadline. */
  static AwsProbe interruption(AwsToken token, URI base, InstantSource clock) {
    return new AwsProbe(
        token,
        base,
        "/latest/meta-data/spot/instance-action",
        item -> {
          String action = item.getString("action");
          if (action == null || !ACTIONS.contains(action)) {
            throw new IOException("spot/instance-action names no action");
          }
          return new Notice(
              "AWS",
              "the instance is to " + action,
              action.equals(HIBERNATE)
                  ? Optional.empty()
                  : left(item.getString("time"), clock.instant()),
              true);
        });
  }

  /** The risk has grown. Not an eviction yet, so the notice is not certain. */
  static AwsProbe rebalance(AwsToken token, URI base) {
    return new AwsProbe(
        token,
        base,
        "/latest/meta-data/events/recommendations/rebalance",
        item -> {
          if (item.getString("noticeTime") == null) {
            throw new IOException("events/recommendations/rebalance names no time");
          }
          return new Notice(
              "AWS", "a rebalance is recommended, eviction is likely", Optional.empty(), false);
        });
  }

  private static Optional<Duration> left(@Nullable String time, Instant now) {
    if (time == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(Deadline.until(Instant.parse(time), now));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  @Override
  public String place() {
    return "AWS metadata at " + base + path;
  }

  @Override
  public Future<Duration> look(Consumer<Notice> tell) {
    return token.get(path).compose(answer -> MetadataClient.read(answer, item -> read(item, tell)));
  }

  private Duration read(Answer answer, Consumer<Notice> tell) throws IOException {
    if (answer.status() != 404) {
      String body = answer.required(path);
      if (!body.equals(heard)) {
        Notice notice = reading.read(answer.requiredJson(path));
        heard = body;
        tell.accept(notice);
      }
    }
    return BETWEEN;
  }
}
