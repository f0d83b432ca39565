package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The contract shows an example for every body, and each keeps to its schema. */
class ContractExamplesTest {

  private static final Vertx VERTX = Vertx.vertx();
  private static JsonObject contract;

  private record Body(String where, JsonObject media, JsonObject schema) {}

  @BeforeAll
  static void read() throws Exception {
    contract =
        new Contract()
            .read(VERTX)
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS)
            .json();
  }

  @AfterAll
  static void close() throws Exception {
    ApiFixture.await(VERTX.close());
  }

  private static JsonObject resolved(JsonObject value) {
    String reference = value.getString("$ref");
    if (reference == null) {
      return value;
    }
    JsonObject at = contract;
    for (String key : reference.substring(2).split("/", -1)) {
      at = at.getJsonObject(key);
    }
    return at;
  }

  private static List<Body> bodies() {
    List<Body> bodies = new ArrayList<>();
    add(bodies, contract.getJsonObject("paths"));
    add(bodies, contract.getJsonObject("webhooks"));
    return bodies;
  }

  private static void add(List<Body> bodies, JsonObject items) {
    for (Map.Entry<String, Object> path : items) {
      for (Map.Entry<String, Object> method : (JsonObject) path.getValue()) {
        JsonObject operation = (JsonObject) method.getValue();
        String where = operation.getString("operationId", path.getKey());
        add(bodies, where + " request", operation.getJsonObject("requestBody", new JsonObject()));
        for (Map.Entry<String, Object> response : operation.getJsonObject("responses")) {
          add(bodies, where + " " + response.getKey(), resolved((JsonObject) response.getValue()));
        }
      }
    }
  }

  private static void add(List<Body> bodies, String where, JsonObject message) {
    for (Map.Entry<String, Object> content : message.getJsonObject("content", new JsonObject())) {
      JsonObject media = (JsonObject) content.getValue();
      bodies.add(
          new Body(
              where + " " + content.getKey(),
              media,
              media.getJsonObject("schema", new JsonObject())));
    }
  }

  @Test
  void everyBodyHasAnExampleThatKeepsToItsSchema() {
    List<Body> bodies = bodies();
    assertThat(bodies).hasSizeGreaterThan(30);
    for (Body body : bodies) {
      JsonObject examples = body.media().getJsonObject("examples", new JsonObject()).copy();
      if (body.media().containsKey("example")) {
        examples.put("only", new JsonObject().put("value", body.media().getValue("example")));
      }
      assertThat(examples).as(body.where()).isNotEmpty();
      for (Map.Entry<String, Object> example : examples) {
        Object value = resolved((JsonObject) example.getValue()).getValue("value");
        JsonObject schema =
            body.where().contains("event-stream") ? new JsonObject() : body.schema();
        assertThat(complaints(schema, value)).as("%s, %s", body.where(), example).isEmpty();
      }
    }
  }

  @Test
  void anExampleThatBreaksItsSchemaIsFound() {
    assertThat(
            complaints(
                new JsonObject().put("$ref", "#/components/schemas/Stopped"),
                new JsonObject().put("worker", 1).put("signal", "SIGTERM")))
        .isNotEmpty();
  }

  private static List<String> complaints(JsonObject schema, Object value) {
    if (schema.isEmpty()) {
      return List.of();
    }
    JsonObject whole =
        new JsonObject()
            .put("components", contract.getJsonObject("components").copy())
            .put("allOf", new JsonArray().add(schema.copy()));
    JsonSchemaOptions options =
        new JsonSchemaOptions()
            .setBaseUri("app://holdfast")
            .setDraft(Draft.DRAFT202012)
            .setOutputFormat(OutputFormat.Basic);
    OutputUnit unit = Validator.create(JsonSchema.of(whole), options).validate(value);
    return Boolean.TRUE.equals(unit.getValid())
        ? List.of()
        : unit.getErrors().stream().map(e -> e.getInstanceLocation() + " " + e.getError()).toList();
  }
}
