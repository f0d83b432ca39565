package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A job as the server tells it, checked.
 *
 * @param total how many items there are, or null while nobody knows
 * @param worker who holds it now, or null
 * @param error why it failed, or null
 * @param json everything the server said
 */
public record JobView(
    String id,
    long version,
    String state,
    String model,
    long done,
    long failed,
    @Nullable Long total,
    long recomputed,
    @Nullable String worker,
    List<AttemptView> attempts,
    @Nullable String error,
    JsonNode json) {

  private static final Set<String> ENDS = Set.of("complete", "failed", "cancelled");

  public JobView {
    attempts = List.copyOf(attempts);
  }

  /**
   * One worker's go at the job.
   *
   * @param place where the worker runs, in words, or null if that says no more than its name
   * @param fence tells the attempts of a job apart
   * @param outcome how it ended, or null while it goes on
   */
  public record AttemptView(
      String worker,
      @Nullable String place,
      long fence,
      long resumedAt,
      @Nullable String outcome) {}

  static JobView of(JsonNode json) throws ClientException {
    String id = json.path("id").asText();
    String state = json.path("state").asText();
    if (id.isEmpty() || state.isEmpty()) {
      throw ClientException.senseless("a job without id or state");
    }
    JsonNode progress = json.path("progress");
    List<AttemptView> attempts = new ArrayList<>();
    for (JsonNode attempt : json.path("attempts")) {
      attempts.add(
          new AttemptView(
              Http.plain(attempt.path("worker").asText("?")),
              place(attempt),
              attempt.path("fence").asLong(),
              attempt.path("resumed_at_item").asLong(),
              text(attempt.path("outcome"))));
    }
    JsonNode error = json.path("error");
    return new JobView(
        Http.plain(id),
        json.path("version").asLong(),
        Http.plain(state),
        Http.plain(json.path("model").asText("?")),
        progress.path("done").asLong(),
        progress.path("failed").asLong(),
        progress.path("total").isIntegralNumber() ? progress.path("total").asLong() : null,
        json.path("recomputed_items").asLong(),
        text(json.path("lease").path("worker")),
        attempts,
        error.isObject()
            ? "%s (%s)"
                .formatted(
                    Http.plain(error.path("message").asText("no reason was given")),
                    Http.plain(error.path("code").asText("no code")))
            : null,
        json);
  }

  /** Whether nothing more happens to it by itself. */
  public boolean ended() {
    return ENDS.contains(state);
  }

  int exitCode() {
    return switch (state) {
      case "failed" -> ExitCode.JOB_FAILED;
      case "cancelled" -> ExitCode.JOB_CANCELLED;
      default -> ExitCode.OK;
    };
  }

  /** A machine's name alone is nothing new: the worker's own is made from it. */
  private static @Nullable String place(JsonNode attempt) {
    String zone = text(attempt.path("zone"));
    JsonNode spot = attempt.path("spot");
    if (zone == null && !spot.isBoolean()) {
      return null;
    }
    return Stream.of(text(attempt.path("node")), zone, spot.asBoolean() ? "spot" : null)
        .filter(Objects::nonNull)
        .collect(Collectors.joining(", "));
  }

  private static @Nullable String text(JsonNode node) {
    return node.isTextual() ? Http.plain(node.asText()) : null;
  }
}
