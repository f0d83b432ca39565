package dev.holdfast.shutdown;

import dev.holdfast.shutdown.EvictionNotice.Notice;
import dev.holdfast.shutdown.MetadataClient.Answer;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Azure's Scheduled Events (learn.microsoft.com/azure/virtual-machines/linux/scheduled-events): a
 * document that lists what is to happen to the machines of a whole scale set, of which only those
 * events count that name this machine and delete it. Azure asks to look once a second.
 */
final class AzureProbe implements Probe {

  private static final String NAME_PATH =
      "/metadata/instance/compute/name?api-version=2021-02-01&format=text";
  private static final String EVENTS_PATH = "/metadata/scheduledevents?api-version=2020-07-01";

  /** What the machine is. */
  static final String COMPUTE_PATH =
      "/metadata/instance/compute?api-version=2021-02-01&format=json";

  static final Map<String, String> HEADERS = Map.of("Metadata", "true");
  private static final Duration BETWEEN = Duration.ofSeconds(1);

  /** The first request switches the service on, which takes it up to two minutes. */
  private static final Duration FIRST_ANSWER_MAX = Duration.ofSeconds(130);

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,128}");

  /** A Spot machine is reclaimed; a machine of a scale set is deleted. */
  private static final Set<String> DELETIONS = Set.of("Preempt", "Terminate");

  private final MetadataClient client;
  private final InstantSource clock;
  private String name = "";
  private @Nullable Object incarnation;
  private Set<String> heard = Set.of();
  private boolean switchedOn;

  AzureProbe(MetadataClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  @Override
  public String place() {
    return "Azure metadata at " + client.base() + "/metadata/scheduledevents";
  }

  @Override
  public Future<Duration> look(Consumer<Notice> tell) {
    Future<Void> named = name.isEmpty() ? learnName() : Future.succeededFuture();
    return named
        .compose(
            known ->
                client.ask(
                    HttpMethod.GET,
                    EVENTS_PATH,
                    HEADERS,
                    switchedOn ? MetadataClient.ANSWER_MAX : FIRST_ANSWER_MAX,
                    answer -> read(answer, tell)))
        // Who does not know the events may have made up the name.
        .onFailure(failure -> name = "");
  }

  private Future<Void> learnName() {
    return client
        .ask(
            HttpMethod.GET,
            NAME_PATH,
            HEADERS,
            MetadataClient.ANSWER_MAX,
            answer -> answer.required(NAME_PATH).strip())
        .compose(
            given -> {
              if (!NAME.matcher(given).matches()) {
                return Future.failedFuture(NAME_PATH + " answered no name");
              }
              name = given;
              return Future.succeededFuture();
            });
  }

  private Duration read(Answer answer, Consumer<Notice> tell) throws IOException {
    JsonObject document = answer.requiredJson(EVENTS_PATH);
    if (!(document.getValue("Events") instanceof JsonArray events)) {
      throw new IOException(EVENTS_PATH + " answered no list of events");
    }
    switchedOn = true;
    Object current = document.getValue("DocumentIncarnation");
    if (current == null || !current.equals(incarnation)) {
      incarnation = current;
      read(events, tell);
    }
    return BETWEEN;
  }

  /** An event of a shape that we do not know is none of those that we look for. */
  private void read(JsonArray events, Consumer<Notice> tell) {
    Set<String> listed = new HashSet<>();
    for (Object one : events) {
      if (one instanceof JsonObject event && isOurs(event)) {
        String id = String.valueOf(event.getValue("EventId"));
        if (listed.add(id) && !heard.contains(id)) {
          tell.accept(notice(event));
        }
      }
    }
    heard = listed;
  }

  private boolean isOurs(JsonObject event) {
    String type = event.getString("EventType");
    return type != null
        && DELETIONS.contains(type)
        && event.getValue("Resources") instanceof JsonArray resources
        && resources.stream().anyMatch(one -> name.equalsIgnoreCase(String.valueOf(one)));
  }

  private Notice notice(JsonObject event) {
    return new Notice(
        "Azure",
        "event %s of this machine".formatted(event.getString("EventType")),
        left(event.getString("NotBefore"), clock.instant()),
        true);
  }

  private static Optional<Duration> left(@Nullable String notBefore, Instant now) {
    if (notBefore == null || notBefore.isBlank()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          Deadline.until(
              DateTimeFormatter.RFC_1123_DATE_TIME.parse(notBefore.strip(), Instant::from), now));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
