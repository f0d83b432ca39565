package dev.holdfast.job;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One row of input as JSON. For a text model a string, or {@code {"id", "text"}}; for a tensor
 * model {@code {"id", "inputs": [tensor, …]}}. The same rules hold for an item in a request and for
 * a line of a file.
 */
public final class ItemFormat {

  /** The longest item in bytes of UTF-8, as JSON. */
  public static final int ITEM_BYTES_MAX = 256 * 1024;

  private static final int ID_CHARS_MAX = 128;
  private static final int INPUTS_MAX = 64;
  private static final Set<String> TEXT_FIELDS = Set.of("id", "text");
  private static final Set<String> TENSOR_FIELDS = Set.of("id", "inputs");

  private ItemFormat() {}

  /**
   * Reads a line of JSONL.
   *
   * @throws JobException with one of the {@code ITEM_…} errors and what is wrong
   */
  public static Item parse(ModelSpec.Kind kind, String line) {
    Object json;
    try {
      json = Json.decodeValue(line);
    } catch (DecodeException e) {
      throw JobError.ITEM_INVALID.because("the line is not JSON" + firstLine(e));
    }
    return check(kind, json);
  }

  /**
   * Reads an item that is JSON already.
   *
   * @param json a string, number, boolean, null, {@link JsonObject} or {@link JsonArray}
   * @throws JobException with one of the {@code ITEM_…} errors and what is wrong
   */
  public static Item check(ModelSpec.Kind kind, @Nullable Object json) {
    return switch (kind) {
      case TEXT_EMBEDDING -> text(json);
      case TENSOR -> tensors(json);
    };
  }

  private static Item text(@Nullable Object json) {
    if (json instanceof String text) {
      return new Item.Text(null, text);
    }
    if (!(json instanceof JsonObject object)) {
      throw wrongKind(json, "this model takes text: a string, or an object with text and id");
    }
    if (object.containsKey("inputs")) {
      throw wrongKind(json, "this model takes text, not tensors: an object with text and id");
    }
    onlyFields(object, TEXT_FIELDS);
    if (!(object.getValue("text") instanceof String text)) {
      throw JobError.ITEM_INVALID.because("the item's text must be a string");
    }
    return new Item.Text(id(object), text);
  }

  private static Item tensors(@Nullable Object json) {
    if (!(json instanceof JsonObject object) || object.containsKey("text")) {
      throw wrongKind(json, "this model takes tensors: an object with inputs and id");
    }
    onlyFields(object, TENSOR_FIELDS);
    if (!(object.getValue("inputs") instanceof JsonArray inputs)
        || inputs.isEmpty()
        || inputs.size() > INPUTS_MAX) {
      throw JobError.ITEM_INVALID.because(
          "the item's inputs must be an array of 1 to %d tensors".formatted(INPUTS_MAX));
    }
    List<Tensor> tensors = new ArrayList<>(inputs.size());
    for (Object input : inputs) {
      tensors.add(TensorJson.read(input));
    }
    return new Item.Tensors(id(object), tensors);
  }

  private static @Nullable String id(JsonObject object) {
    if (!object.containsKey("id")) {
      return null;
    }
    if (object.getValue("id") instanceof String id && id.length() <= ID_CHARS_MAX) {
      return id;
    }
    throw JobError.ITEM_INVALID.because(
        "the item's id must be a string of at most %d characters".formatted(ID_CHARS_MAX));
  }

  private static void onlyFields(JsonObject object, Set<String> allowed) {
    for (String field : object.fieldNames()) {
      if (!allowed.contains(field)) {
        String shown = field.length() > 40 ? field.substring(0, 40) + "…" : field;
        throw JobError.ITEM_INVALID.because(
            "unknown field '%s' in the item; allowed are %s"
                .formatted(shown, String.join(", ", allowed.stream().sorted().toList())));
      }
    }
  }

  private static JobException wrongKind(@Nullable Object json, String allowed) {
    String kind =
        json == null
            ? "null"
            : json instanceof String
                ? "a string"
                : json instanceof Number
                    ? "a number"
                    : json instanceof Boolean
                        ? "a boolean"
                        : json instanceof JsonArray ? "an array" : "an object";
    return JobError.ITEM_WRONG_KIND.because("the item is %s; %s".formatted(kind, allowed));
  }

  private static String firstLine(DecodeException e) {
    String message = e.getMessage();
    if (message == null) {
      return "";
    }
    String line = message.lines().findFirst().orElse("").replace("Failed to decode:", "");
    int source = line.indexOf(" (for Object starting at");
    return ": " + (source < 0 ? line : line.substring(0, source)).strip();
  }
}
