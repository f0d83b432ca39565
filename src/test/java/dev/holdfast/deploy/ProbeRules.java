package dev.holdfast.deploy;

import static dev.holdfast.deploy.Manifests.each;
import static dev.holdfast.deploy.Manifests.pod;
import static dev.holdfast.deploy.Manifests.variable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/** How a container is asked how it is, and where it listens. */
final class ProbeRules {

  static final String READINESS = "is asked whether it is ready";
  static final String PORTS = "is asked at a port that it has";
  static final String STARTUP = "is given time to load its models";
  static final String LIVENESS = "is killed only if it is stuck itself";
  static final String READY_PATH = "gets work only while it can do it";
  static final String LISTENS = "listens at the ports that it declares";

  /** A large model from a cold disk. */
  private static final int START_SECONDS_MIN = 120;

  /** A long collection or a slow forward pass is no reason to die. */
  private static final int STUCK_SECONDS_MIN = 30;

  private static final Map<String, String> LISTENERS =
      Map.of("HOLDFAST_PORT", "http", "HOLDFAST_MANAGEMENT_PORT", "management");

  private ProbeRules() {}

  static void check(Manifests all, Findings found) {
    all.deployments()
        .forEach(
            deployment ->
                each(pod(deployment).path("containers"))
                    .forEach(container -> container(deployment, container, found)));
  }

  private static void container(ObjectNode deployment, JsonNode container, Findings found) {
    String name = container.path("name").asText();
    found.require(container.has("readinessProbe"), deployment, READINESS, name);
    for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
      JsonNode port = container.path(probe).findPath("port");
      found.require(
          port.isMissingNode() || hasPort(container, port.asText()),
          deployment,
          PORTS,
          name + " " + probe);
    }
    if (variable(container, "HOLDFAST_MANAGEMENT_PORT").isPresent()) {
      process(deployment, container, found);
    }
  }

  /** The API or a worker, rather than something that helps them. */
  private static void process(ObjectNode deployment, JsonNode container, Findings found) {
    found.require(
        seconds(container.path("startupProbe")) >= START_SECONDS_MIN, deployment, STARTUP);
    JsonNode liveness = container.path("livenessProbe");
    found.require(
        path(liveness).equals("/livez") && seconds(liveness) >= STUCK_SECONDS_MIN,
        deployment,
        LIVENESS);
    found.require(path(container.path("readinessProbe")).equals("/readyz"), deployment, READY_PATH);
    LISTENERS.forEach(
        (setting, port) ->
            variable(container, setting)
                .ifPresent(
                    number ->
                        found.require(
                            each(container.path("ports"))
                                .anyMatch(
                                    one ->
                                        one.path("name").asText().equals(port)
                                            && one.path("containerPort").asText().equals(number)),
                            deployment,
                            LISTENS,
                            setting)));
  }

  private static String path(JsonNode probe) {
    return probe.at("/httpGet/path").asText();
  }

  private static int seconds(JsonNode probe) {
    return probe.path("periodSeconds").asInt() * probe.path("failureThreshold").asInt();
  }

  private static boolean hasPort(JsonNode container, String name) {
    return each(container.path("ports")).anyMatch(port -> port.path("name").asText().equals(name));
  }
}
