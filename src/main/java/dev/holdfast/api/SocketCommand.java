package dev.holdfast.api;

import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a client's frame asks for.
 *
 * @param verb {@code subscribe} or {@code unsubscribe}
 * @param asked what stood behind the verb, to be said back
 * @param jobs those that are asked for by their id
 * @param strange what was asked for by an id that no job can have
 * @param labels what a job must have, empty for all jobs, or null if it is about ids
 * @param since the versions that the client has
 */
record SocketCommand(
    String verb,
    Object asked,
    List<JobId> jobs,
    List<String> strange,
    @Nullable Map<String, String> labels,
    Map<JobId, Long> since) {

  static final String SUBSCRIBE = "subscribe";
  static final String UNSUBSCRIBE = "unsubscribe";

  private static final String SINCE = "since";
  private static final String LABEL = "label";
  private static final String SHAPES =
      "{\"subscribe\": [\"job_…\"]}, {\"subscribe\": {\"label\": {\"name\": \"value\"}}} and"
          + " {\"subscribe\": \"all\"}, or the same with unsubscribe";

  boolean subscribes() {
    return verb.equals(SUBSCRIBE);
  }

  /**
   * @throws Refusal if the text is none of the commands, with what is allowed
   */
  static SocketCommand parse(String text) {
    Object json;
    try {
      json = Json.decodeValue(text);
    } catch (DecodeException e) {
      throw bad("the frame is not JSON; allowed are " + SHAPES);
    }
    if (!(json instanceof JsonObject object)) {
      throw bad("the frame is not a JSON object; allowed are " + SHAPES);
    }
    boolean subscribes = object.containsKey(SUBSCRIBE);
    String verb = subscribes ? SUBSCRIBE : UNSUBSCRIBE;
    Set<String> allowed = subscribes ? Set.of(SUBSCRIBE, SINCE) : Set.of(UNSUBSCRIBE);
    for (String field : object.fieldNames()) {
      if (!allowed.contains(field)) {
        throw bad("unknown field '%s'; allowed are %s".formatted(SchemaCheck.shown(field), SHAPES));
      }
    }
    Object asked = object.getValue(verb);
    if (asked instanceof JsonArray ids) {
      return ofIds(verb, ids, since(object));
    }
    if (object.containsKey(SINCE)) {
      throw bad("'since' goes with ids only");
    }
    if ("all".equals(asked)) {
      return new SocketCommand(verb, "all", List.of(), List.of(), Map.of(), Map.of());
    }
    if (asked instanceof JsonObject selector
        && selector.size() == 1
        && selector.getValue(LABEL) instanceof JsonObject labels
        && !labels.isEmpty()) {
      return new SocketCommand(verb, selector, List.of(), List.of(), labels(labels), Map.of());
    }
    throw bad("allowed are " + SHAPES);
  }

  private static SocketCommand ofIds(String verb, JsonArray ids, Map<JobId, Long> since) {
    List<JobId> jobs = new ArrayList<>();
    List<String> strange = new ArrayList<>();
    for (Object id : ids) {
      if (!(id instanceof String text)) {
        throw bad("each id must be a string");
      }
      JobId.parse(text).ifPresentOrElse(jobs::add, () -> strange.add(SchemaCheck.shown(text)));
    }
    return new SocketCommand(verb, ids, jobs, strange, null, since);
  }

  private static Map<String, String> labels(JsonObject json) {
    Map<String, String> labels = new HashMap<>();
    for (String name : json.fieldNames()) {
      if (!(json.getValue(name) instanceof String value)) {
        throw bad("the value of a label must be a string");
      }
      labels.put(name, value);
    }
    return labels;
  }

  private static Map<JobId, Long> since(JsonObject object) {
    if (!object.containsKey(SINCE)) {
      return Map.of();
    }
    if (!(object.getValue(SINCE) instanceof JsonObject versions)) {
      throw bad("'since' must be an object of versions by job id");
    }
    Map<JobId, Long> since = new HashMap<>();
    for (String id : versions.fieldNames()) {
      if (!(versions.getValue(id) instanceof Number version) || version.longValue() < 0) {
        throw bad("'since' must be an object of versions by job id, each 0 or more");
      }
      JobId.parse(id).ifPresent(job -> since.put(job, version.longValue()));
    }
    return since;
  }

  private static Refusal bad(String detail) {
    return new Refusal(JobError.INVALID_REQUEST, detail);
  }
}
