package dev.holdfast.api;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One schema of the contract, and in words what a value breaks of it: the validator finds the place
 * and the keyword, this class says what is allowed there.
 */
final class SchemaCheck {

  private static final int COMPLAINTS_MAX = 10;
  private static final int SHOWN_CHARS_MAX = 60;

  /** Keywords that only say that something below them is wrong. */
  private static final Set<String> WRAPPERS = Set.of("properties", "items", "$ref", "allOf");

  private final Validator validator;
  private final JsonObject schema;

  SchemaCheck(Validator validator, JsonObject schema) {
    this.validator = validator;
    this.schema = schema;
  }

  /**
   * @param pointer JSON pointer of the value that is wrong, empty for the whole
   * @param keyword of the schema that it breaks
   * @param detail what is allowed
   */
  record Complaint(String pointer, String keyword, String detail) {}

  /** What is wrong with a decoded JSON value; empty if nothing is. */
  List<Complaint> check(@Nullable Object value) {
    OutputUnit found = validator.validate(value);
    if (Boolean.TRUE.equals(found.getValid())) {
      return List.of();
    }
    List<Complaint> complaints = new ArrayList<>();
    List<OutputUnit> errors = found.getErrors() == null ? List.of() : found.getErrors();
    for (OutputUnit error : errors) {
      Complaint complaint = complaint(error);
      if (complaint != null
          && complaints.size() < COMPLAINTS_MAX
          && complaints.stream().noneMatch(c -> c.pointer().equals(complaint.pointer()))) {
        complaints.add(complaint);
      }
    }
    return complaints.isEmpty()
        ? List.of(new Complaint("", "", "does not match the contract, /openapi.yaml"))
        : complaints;
  }

  private @Nullable Complaint complaint(OutputUnit error) {
    String location = error.getInstanceLocation();
    String path = error.getKeywordLocation();
    String pointer = location.startsWith("#") ? location.substring(1) : location;
    String keyword = path.substring(path.lastIndexOf('/') + 1);
    if (WRAPPERS.contains(keyword) || path.contains("/propertyNames/")) {
      return null;
    }
    if (keyword.equals("additionalProperties")) {
      int last = pointer.lastIndexOf('/');
      JsonObject parent = schemaAt(pointer.substring(0, last));
      return parent.getValue(keyword) instanceof JsonObject
          ? null
          : new Complaint(
              pointer,
              keyword,
              "is not a known property; allowed are " + names(parent.getJsonObject("properties")));
    }
    return new Complaint(pointer, keyword, allowed(keyword, schemaAt(pointer), error));
  }

  private static String allowed(String keyword, JsonObject at, OutputUnit error) {
    Object bound = at.getValue(keyword);
    return switch (keyword) {
      case "type" -> "must be " + article(String.valueOf(bound));
      case "enum" ->
          "must be one of "
              + ((JsonArray) at.getValue(keyword))
                  .stream().map(String::valueOf).collect(Collectors.joining(", "));
      case "required" -> "must have " + required(at, error);
      case "pattern" -> "must match " + bound;
      case "minLength", "maxLength" ->
          "must have %s to %s characters"
              .formatted(at.getInteger("minLength", 0), at.getInteger("maxLength"));
      case "minimum", "maximum" ->
          "must be from %s to %s".formatted(at.getValue("minimum"), at.getValue("maximum"));
      case "minItems", "maxItems" ->
          "must have %s to %s items"
              .formatted(at.getInteger("minItems", 0), at.getInteger("maxItems"));
      case "minProperties", "maxProperties" ->
          at.getInteger("minProperties", 0).equals(at.getInteger("maxProperties"))
              ? "must have exactly one of " + names(at.getJsonObject("properties"))
              : "must have at most %s properties".formatted(at.getInteger("maxProperties"));
      case "propertyNames" ->
          "has a name that is not allowed; each must match "
              + at.getJsonObject("propertyNames").getString("pattern");
      default -> "does not match the contract, /openapi.yaml";
    };
  }

  private static String required(JsonObject at, OutputUnit error) {
    JsonArray required = at.getJsonArray("required", new JsonArray());
    return required.stream()
        .map(String::valueOf)
        .filter(name -> String.valueOf(error.getError()).contains("\"" + name + "\""))
        .findFirst()
        .map(name -> "'" + name + "'")
        .orElse("all of " + required.encode());
  }

  private static String article(String type) {
    return switch (type) {
      case "integer" -> "a whole number";
      case "array", "object" -> "an " + type;
      default -> "a " + type;
    };
  }

  private static String names(@Nullable JsonObject properties) {
    return properties == null
        ? "none"
        : properties.fieldNames().stream()
            .filter(name -> !name.startsWith("__"))
            .collect(Collectors.joining(", "));
  }

  private JsonObject schemaAt(String pointer) {
    JsonObject at = schema;
    if (pointer.isEmpty()) {
      return at;
    }
    for (String segment : pointer.substring(1).split("/", -1)) {
      String name = segment.replace("~1", "/").replace("~0", "~");
      JsonObject properties = at.getJsonObject("properties", new JsonObject());
      Object next =
          properties.containsKey(name)
              ? properties.getValue(name)
              : "array".equals(at.getString("type"))
                  ? at.getValue("items")
                  : at.getValue("additionalProperties");
      at = next instanceof JsonObject object ? object : new JsonObject();
    }
    return at;
  }

  /** A hostile name or value, cut to what a message can hold. */
  static String shown(String text) {
    String printable = text.replaceAll("[^ -~]", "?");
    return printable.length() > SHOWN_CHARS_MAX
        ? printable.substring(0, SHOWN_CHARS_MAX) + "..."
        : printable;
  }
}
