package dev.holdfast.api;

import dev.holdfast.api.SchemaCheck.Complaint;
import dev.holdfast.job.JobError;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.json.schema.SchemaRepository;
import io.vertx.openapi.contract.Location;
import io.vertx.openapi.contract.MediaType;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.contract.Parameter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the contract says of one operation, ready to be held against requests. The library's own
 * request validator is not used: it hops to a worker thread and back for each request, and its
 * messages do not say what is allowed.
 */
final class OperationCheck {

  private static final int ERROR_CHARS_MAX = 160;

  private final Map<String, Rule> queryRules = new TreeMap<>();
  private final Map<String, Rule> headerRules = new TreeMap<>();
  private final Set<String> consumes;
  private final List<String> produces;
  private final @Nullable SchemaCheck bodySchema;
  private final String name;

  private record Rule(String type, SchemaCheck schema) {}

  OperationCheck(Operation operation, Contract.Read read) {
    name = operation.getHttpMethod().name() + " " + operation.getAbsoluteOpenAPIPath();
    SchemaRepository schemas = read.contract().getSchemaRepository();
    for (Parameter parameter : operation.getParameters()) {
      JsonObject schema = parameter.getOpenAPIModel().getJsonObject("schema");
      Rule rule =
          new Rule(
              schema.getString("type"),
              new SchemaCheck(schemas.validator(parameter.getSchema()), schema));
      if (parameter.getIn() == Location.QUERY) {
        queryRules.put(parameter.getName(), rule);
      } else if (parameter.getIn() == Location.HEADER) {
        headerRules.put(parameter.getName(), rule);
      }
    }
    JsonObject model = read.operation(operation);
    consumes = new TreeSet<>(mediaTypes(model.getJsonObject("requestBody")).toList());
    MediaType json =
        consumes.contains("application/json")
            ? operation.getRequestBody().getContent().get("application/json")
            : null;
    bodySchema =
        json == null
            ? null
            : new SchemaCheck(
                schemas.validator(json.getSchema()),
                json.getOpenAPIModel().getJsonObject("schema"));
    JsonObject responses = model.getJsonObject("responses");
    produces =
        responses.fieldNames().stream()
            .filter(status -> status.startsWith("2"))
            .flatMap(status -> mediaTypes(responses.getJsonObject(status)))
            .distinct()
            .toList();
  }

  private static Stream<String> mediaTypes(@Nullable JsonObject message) {
    return message == null
        ? Stream.empty()
        : message.getJsonObject("content", new JsonObject()).fieldNames().stream();
  }

  /** The operation's method and path, as the contract has them. */
  String name() {
    return name;
  }

  /** Whether the operation takes a JSON body. */
  boolean takesJson() {
    return bodySchema != null;
  }

  /**
   * The parameters of the query and the headers that were sent, as the contract's types.
   *
   * @throws Refusal for one that is unknown, twice there or not allowed
   */
  Map<String, Object> parameters(RoutingContext rc) {
    Map<String, Object> values = new HashMap<>();
    MultiMap query = rc.queryParams();
    for (String name : query.names()) {
      Rule rule = queryRules.get(name);
      if (rule == null) {
        throw badParameter(
            SchemaCheck.shown(name),
            "is not a known query parameter; allowed are "
                + (queryRules.isEmpty() ? "none" : String.join(", ", queryRules.keySet())));
      }
      values.put(name, value(name, rule, query.getAll(name)));
    }
    headerRules.forEach(
        (name, rule) -> {
          if (rc.request().headers().contains(name)) {
            values.put(name, value(name, rule, rc.request().headers().getAll(name)));
          }
        });
    return values;
  }

  private static Object value(String name, Rule rule, List<String> texts) {
    if (rule.type().equals("array")) {
      List<Complaint> complaints = rule.schema().check(new JsonArray(List.copyOf(texts)));
      if (!complaints.isEmpty()) {
        throw badParameter(name, complaints.get(0).detail());
      }
      return texts;
    }
    if (texts.size() > 1) {
      throw badParameter(name, "must be there once");
    }
    String text = texts.get(0);
    Object value = typed(rule.type(), text);
    List<Complaint> complaints = rule.schema().check(value);
    if (!complaints.isEmpty()) {
      throw badParameter(
          name, complaints.get(0).detail() + "; it is '" + SchemaCheck.shown(text) + "'");
    }
    return value;
  }

  private static Object typed(String type, String text) {
    if (type.equals("integer")) {
      try {
        return Long.valueOf(text);
      } catch (NumberFormatException e) {
        return text;
      }
    }
    if (type.equals("boolean")) {
      return text.equals("true") ? true : text.equals("false") ? (Object) false : text;
    }
    return text;
  }

  private static Refusal badParameter(String name, String detail) {
    return new Refusal(JobError.INVALID_REQUEST, "'" + name + "' " + detail)
        .parameter(name, detail);
  }

  /**
   * Which media type of the contract the client wants.
   *
   * @throws Refusal if it wants none of them
   */
  String produces(HttpServerRequest request) {
    String wanted = String.join(",", request.headers().getAll("Accept"));
    if (wanted.isBlank()) {
      return produces.get(0);
    }
    return Accepts.best(wanted, produces)
        .orElseThrow(
            () ->
                new Refusal(
                    JobError.NOT_ACCEPTABLE,
                    "the Accept header allows none of what there is: "
                        + String.join(", ", produces)));
  }

  /**
   * @throws Refusal if the body is of a type that the operation does not take
   */
  void contentType(HttpServerRequest request) {
    if (consumes.isEmpty()) {
      return;
    }
    String[] sent = String.valueOf(request.getHeader("Content-Type")).split(";", 2);
    String charset =
        sent.length < 2 ? "" : sent[1].replaceAll("[\\s\"]", "").toLowerCase(Locale.ROOT);
    if (!consumes.contains(sent[0].strip().toLowerCase(Locale.ROOT))
        || (charset.startsWith("charset=") && !charset.equals("charset=utf-8"))) {
      throw new Refusal(
          JobError.UNSUPPORTED_MEDIA_TYPE,
          "the Content-Type must be %s, in UTF-8".formatted(String.join(" or ", consumes)));
    }
    String encoding = request.getHeader("Content-Encoding");
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw new Refusal(
          JobError.UNSUPPORTED_MEDIA_TYPE,
          "the body must not be compressed: send it without Content-Encoding");
    }
  }

  /**
   * The body as JSON that keeps to the contract.
   *
   * @throws Refusal with where it does not and what is allowed there
   */
  JsonObject body(Buffer bytes) {
    Object json;
    try {
      json = bytes.length() == 0 ? null : Json.decodeValue(bytes);
    } catch (DecodeException e) {
      throw new Refusal(JobError.INVALID_REQUEST, "the body is not JSON" + where(e));
    }
    if (!(json instanceof JsonObject object) || bodySchema == null) {
      throw new Refusal(JobError.INVALID_REQUEST, "the body must be a JSON object");
    }
    List<Complaint> complaints = bodySchema.check(object);
    if (complaints.isEmpty()) {
      return object;
    }
    Complaint first = complaints.get(0);
    String place =
        first.pointer().isEmpty() ? "the body" : "'" + SchemaCheck.shown(first.pointer()) + "'";
    Refusal refusal = new Refusal(error(first), place + " " + first.detail());
    complaints.forEach(c -> refusal.at(c.pointer(), c.detail()));
    throw refusal;
  }

  private static JobError error(Complaint complaint) {
    return switch (complaint.keyword()) {
      case "minItems" -> JobError.EMPTY_INPUT;
      case "maxItems" -> JobError.TOO_MANY_ITEMS;
      default -> JobError.INVALID_REQUEST;
    };
  }

  /**
   * Jackson's first line names the line and column, and then classes that are nobody's business.
   */
  private static String where(DecodeException e) {
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    String line = message.replace("Failed to decode:", "").replaceAll("\\(.*", "").strip();
    String shown = SchemaCheck.shown(line);
    return shown.isEmpty() || shown.length() > ERROR_CHARS_MAX ? "" : ": " + shown;
  }
}
