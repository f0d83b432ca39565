package dev.holdfast.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Strict checks without a server: Kubernetes' own kinds by its client's model, which refuses
 * unknown fields; others by JSON schemas, which lie beside the repository and need not be there.
 */
final class Schemas {

  private static final String PROPERTY = "holdfast.schemas";

  /** Where somebody says that they are; the build hands an empty one on if nobody does. */
  private static final String NAMED = System.getProperty(PROPERTY, "");

  static final Path DIRECTORY = Path.of(NAMED.isBlank() ? "../shared/schemas" : NAMED);

  /** What was asked about, and nothing here could tell. */
  private static final Set<String> UNTOLD = new ConcurrentSkipListSet<>();

  private static final String MODELS = "io.kubernetes.client.openapi.models.V1";

  private static final Map<String, String> CUSTOM =
      Map.of(
          "ComputeClass", "computeclass_v1",
          "PodMonitoring", "podmonitoring_v1",
          "Rules", "rules_v1",
          "ScaledObject", "scaledobject_v1alpha1",
          "TriggerAuthentication", "triggerauthentication_v1alpha1");

  /** Kinds that nothing here knows; the cluster will tell. */
  private static final Map<String, String> UNCHECKED =
      Map.of(
          "Gateway", "gateway.networking.k8s.io/v1",
          "HTTPRoute", "gateway.networking.k8s.io/v1",
          "GCPBackendPolicy", "networking.gke.io/v1",
          "HealthCheckPolicy", "networking.gke.io/v1");

  private static final String NODE_SYSTEM_CONFIG = "nodeSystemConfig";

  /** What the cluster takes there, by the Go types of ComputeClass; other settings are not ours. */
  private static final Set<String> NOTICES =
      Set.of(
          "{\"kubeletConfig\":{\"shutdownGracePeriodSeconds\":30}}",
          "{\"kubeletConfig\":{\"shutdownGracePeriodSeconds\":120}}");

  private Schemas() {}

  /**
   * Whether there are schemas.
   *
   * @throws IllegalStateException if somebody says where they are, and they are not there
   */
  static boolean present() {
    boolean there = Files.isDirectory(DIRECTORY);
    if (!there && !NAMED.isBlank()) {
      throw new IllegalStateException(
          "-D%s=%s is no directory".formatted(PROPERTY, DIRECTORY.toAbsolutePath()));
    }
    return there;
  }

  /** Kinds and files that were not held against any schema so far. */
  static Set<String> untold() {
    return Set.copyOf(UNTOLD);
  }

  /** Whether a manifest of this kind is checked. */
  static boolean knows(String kind) {
    return CUSTOM.containsKey(kind) ? present() : !UNCHECKED.containsKey(kind);
  }

  /** What is wrong with a manifest; empty if nothing is, or if nothing here knows. */
  static String wrong(JsonNode manifest) {
    String kind = Manifests.kind(manifest);
    if (UNCHECKED.containsKey(kind)) {
      UNTOLD.add(kind);
      return manifest.path("apiVersion").asText().equals(UNCHECKED.get(kind)) ? "" : "version";
    }
    String schema = CUSTOM.get(kind);
    if (schema == null) {
      return wrongForKubernetes(kind, manifest);
    }
    return wrongFor(schema, kind, kind.equals("ComputeClass") ? older(manifest) : manifest);
  }

  /** Without the one field that is younger than the schema, unless that is not as it should be. */
  private static JsonNode older(JsonNode computeClass) {
    JsonNode copy = computeClass.deepCopy();
    for (JsonNode rule : copy.at("/spec/priorities")) {
      if (NOTICES.contains(rule.path(NODE_SYSTEM_CONFIG).toString())) {
        ((ObjectNode) rule).remove(NODE_SYSTEM_CONFIG);
      }
    }
    return copy;
  }

  static String wrongForSkaffold(JsonNode skaffold) {
    return wrongFor("skaffold-v4beta14", "skaffold.yaml", skaffold);
  }

  private static String wrongFor(String schema, String what, JsonNode document) {
    if (!present()) {
      UNTOLD.add(what);
      return "";
    }
    try {
      JsonObject json = new JsonObject(Files.readString(DIRECTORY.resolve(schema + ".json")));
      json.remove("$id");
      OutputUnit found =
          Validator.create(
                  JsonSchema.of(json),
                  new JsonSchemaOptions()
                      .setDraft(Draft.DRAFT7)
                      .setOutputFormat(OutputFormat.Basic)
                      .setBaseUri("https://holdfast.invalid/" + schema))
              .validate(new JsonObject(document.toString()));
      return Boolean.TRUE.equals(found.getValid()) ? "" : schema + ": " + found.getErrors();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String wrongForKubernetes(String kind, JsonNode manifest) {
    try {
      Class<?> model = Class.forName(MODELS + kind);
      JsonElement json = JsonParser.parseString(manifest.toString());
      model.getMethod("validateJsonElement", JsonElement.class).invoke(null, json);
      model.getMethod("fromJson", String.class).invoke(null, manifest.toString());
      return "";
    } catch (InvocationTargetException e) {
      return String.valueOf(e.getCause());
    } catch (ReflectiveOperationException e) {
      return "no model of " + kind + ": " + e;
    }
  }
}
