package dev.holdfast.deploy;

import static dev.holdfast.deploy.Manifests.each;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** What follows the backlog. */
final class ScalingRules {

  static final String TARGET = "scales a deployment that is there";
  static final String OWNER = "is not set back by each deploy";
  static final String RANGE = "goes to none, and to a ceiling";
  static final String FALLBACK = "knows what to do when it cannot see";
  static final String TRIGGER = "follows our own count";
  static final String GAPS = "does not take a gap for an empty queue";
  static final String PROJECT = "asks the project that is set";
  static final String AUTHENTICATION = "has an authentication that is there";
  static final String STEADY = "lets workers go slowly";

  private ScalingRules() {}

  static void check(Manifests all, Findings found) {
    all.of("ScaledObject").forEach(one -> scaled(all, one, found));
  }

  private static void scaled(Manifests all, ObjectNode scaled, Findings found) {
    JsonNode spec = scaled.path("spec");
    String target = spec.at("/scaleTargetRef/name").asText();
    found.require(all.find("Deployment", target).isPresent(), scaled, TARGET, target);
    found.require(
        all.find("Deployment", target).filter(one -> one.at("/spec").has("replicas")).isEmpty(),
        scaled,
        OWNER);
    found.require(
        spec.path("minReplicaCount").asInt(-1) == 0 && spec.path("maxReplicaCount").asInt() > 1,
        scaled,
        RANGE);
    found.require(spec.at("/fallback/replicas").asInt() > 0, scaled, FALLBACK);
    JsonNode down = spec.at("/advanced/horizontalPodAutoscalerConfig/behavior/scaleDown");
    found.require(
        down.path("stabilizationWindowSeconds").asInt() >= 60
            && each(down.path("policies")).allMatch(one -> one.path("value").asInt() == 1)
            && !down.path("policies").isEmpty(),
        scaled,
        STEADY);
    each(spec.path("triggers")).forEach(trigger -> trigger(all, scaled, trigger, found));
  }

  private static void trigger(Manifests all, ObjectNode scaled, JsonNode trigger, Findings found) {
    JsonNode metadata = trigger.path("metadata");
    found.require(
        trigger.path("type").asText().equals("prometheus")
            && metadata.path("query").asText().contains("holdfast_"),
        scaled,
        TRIGGER);
    found.require(metadata.path("ignoreNullValues").asText().equals("false"), scaled, GAPS);
    String project = all.settings().at("/data/HOLDFAST_GCP_PROJECT").asText("none");
    found.require(
        metadata.path("serverAddress").asText().contains("/projects/" + project + "/"),
        scaled,
        PROJECT);
    found.require(
        all.find("TriggerAuthentication", trigger.at("/authenticationRef/name").asText())
            .isPresent(),
        scaled,
        AUTHENTICATION);
  }
}
