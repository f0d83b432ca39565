package dev.holdfast.api;

import dev.holdfast.job.ItemFormat;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.RowEncoding;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A submitted body that kept to the contract, checked against everything that the contract cannot
 * say and no port need be asked for.
 */
record Submission(
    String model,
    Source source,
    Map<String, String> labels,
    int failuresMax,
    @Nullable Instant deadline,
    @Nullable String webhook,
    RowEncoding encoding) {

  /** Where the items are. */
  sealed interface Source {}

  /**
   * @param lines one JSON value a line, each ended by {@code \n}
   */
  record Items(Buffer lines, int count) implements Source {}

  record Uri(String uri) implements Source {}

  record InputId(String id) implements Source {}

  /**
   * @param body kept to the contract
   * @throws RuntimeException a {@link Refusal} or a {@link JobException} with what is allowed
   */
  static Submission read(JsonObject body, List<ModelSpec> models, Instant now) {
    String name = body.getString("model");
    ModelSpec model =
        models.stream()
            .filter(m -> m.name().equals(name))
            .findFirst()
            .orElseThrow(() -> unknown(name, models));
    Map<String, String> labels = new TreeMap<>();
    JsonObject sent = body.getJsonObject("labels", new JsonObject());
    sent.fieldNames().forEach(label -> labels.put(label, sent.getString(label)));
    return new Submission(
        name,
        source(body.getJsonObject("input"), model),
        labels,
        body.getInteger("failures_max", JobSpec.FAILURES_MAX_DEFAULT),
        deadline(body.getString("deadline"), now),
        body.getJsonObject("webhook", new JsonObject()).getString("url"),
        RowEncoding.ofWireName(body.getString("encoding", "")).orElse(RowEncoding.JSON));
  }

  private static Refusal unknown(String name, List<ModelSpec> models) {
    String detail =
        "there is no model '%s'; there are: %s"
            .formatted(
                SchemaCheck.shown(name),
                String.join(", ", models.stream().map(ModelSpec::name).sorted().toList()));
    return new Refusal(JobError.UNKNOWN_MODEL, detail).at("/model", detail);
  }

  private static Source source(JsonObject input, ModelSpec model) {
    if (input.containsKey("uri")) {
      return new Uri(input.getString("uri"));
    }
    if (input.containsKey("input_id")) {
      return new InputId(input.getString("input_id"));
    }
    JsonArray items = input.getJsonArray("items");
    Buffer lines = Buffer.buffer();
    for (int i = 0; i < items.size(); i++) {
      try {
        Object item = items.getValue(i);
        ItemFormat.check(model.kind(), item);
        Buffer line = Json.encodeToBuffer(item);
        if (line.length() > ItemFormat.ITEM_BYTES_MAX) {
          throw JobError.ITEM_TOO_LARGE.because(
              "the item has %d bytes as JSON; at most %d are allowed"
                  .formatted(line.length(), ItemFormat.ITEM_BYTES_MAX));
        }
        lines.appendBuffer(line).appendByte((byte) '\n');
      } catch (JobException e) {
        throw new Refusal(e.error(), "items[%d]: %s".formatted(i, e.explanation()))
            .at("/input/items/" + i, e.explanation());
      }
    }
    return new Items(lines, items.size());
  }

  private static @Nullable Instant deadline(@Nullable String text, Instant now) {
    if (text == null) {
      return null;
    }
    Instant deadline;
    try {
      deadline = OffsetDateTime.parse(text).toInstant().truncatedTo(ChronoUnit.MILLIS);
    } catch (DateTimeParseException e) {
      throw badDeadline("must be an RFC 3339 time with its offset, such as 2030-01-31T12:00:00Z");
    }
    if (!deadline.isAfter(now)) {
      throw badDeadline("must be in the future; it is now " + JobJson.timestamp(now));
    }
    if (deadline.isAfter(now.plus(DEADLINE_DAYS_MAX, ChronoUnit.DAYS))) {
      throw badDeadline("must be at most %d days ahead".formatted(DEADLINE_DAYS_MAX));
    }
    return deadline;
  }

  /** Further ahead is a mistake, and years of six digits fit no store. */
  private static final int DEADLINE_DAYS_MAX = 3_650;

  private static Refusal badDeadline(String detail) {
    return new Refusal(JobError.INVALID_REQUEST, "'/deadline' " + detail).at("/deadline", detail);
  }

  /** The job's specification, once it is known where the items are. */
  JobSpec spec(JobSpec.Input input, @Nullable String fingerprint, @Nullable String traceparent) {
    return new JobSpec(
        model, input, labels, failuresMax, deadline, fingerprint, traceparent, webhook, encoding);
  }
}
