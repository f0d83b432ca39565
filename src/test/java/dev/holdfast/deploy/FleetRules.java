package dev.holdfast.deploy;

import static dev.holdfast.deploy.Manifests.each;
import static dev.holdfast.deploy.Manifests.matches;
import static dev.holdfast.deploy.Manifests.pod;
import static dev.holdfast.deploy.Manifests.podLabels;
import static dev.holdfast.deploy.Manifests.variable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** How the API and the workers come and go, and on which machines. */
final class FleetRules {

  static final String GRACE = "has time for its drain before it is killed";
  static final String NOTICE = "has drained before its Spot machine is gone";
  static final String BUDGET = "is disrupted one by one";
  static final String SPREAD = "is spread over zones";
  static final String EVICTABLE = "may be moved to empty a node";
  static final String MACHINES = "wants machines of a class that is there";
  static final String TOLERATES = "is let onto the machines that it wants";
  static final String GPU = "asks for a GPU where there are GPUs";
  static final String CHOICE = "has several kinds of Spot machines, and one that stays";
  static final String NOTICE_ON_SPOT = "asks for a longer notice of Spot machines alone";

  /** What a process needs after its drain to end, at least. */
  private static final int SPARE_SECONDS = 3;

  /** From a Spot node's notice to its end, if nothing else is asked for. */
  private static final int NOTICE_SECONDS = 30;

  /** The end of that is for pods that the node itself needs. */
  private static final int CRITICAL_SECONDS = 15;

  private static final Pattern SECONDS = Pattern.compile("([0-9]+)s");
  private static final String CLASS = "/nodeSelector/cloud.google.com~1compute-class";

  private FleetRules() {}

  static void check(Manifests all, Findings found) {
    all.deployments()
        .forEach(
            deployment ->
                each(pod(deployment).path("containers"))
                    .forEach(
                        container ->
                            variable(container, "HOLDFAST_GRACE")
                                .ifPresent(
                                    grace -> {
                                      leaving(all, deployment, container, seconds(grace), found);
                                      staying(all, deployment, found);
                                      machines(all, deployment, container, found);
                                    })));
    all.of("ComputeClass").forEach(one -> computeClass(one, found));
  }

  private static int seconds(String duration) {
    Matcher seconds = SECONDS.matcher(duration);
    if (!seconds.matches()) {
      throw new AssertionError("say it in seconds: " + duration);
    }
    return Integer.parseInt(seconds.group(1));
  }

  private static void leaving(
      Manifests all, ObjectNode deployment, JsonNode container, int grace, Findings found) {
    JsonNode pod = pod(deployment);
    int before = container.at("/lifecycle/preStop/sleep/seconds").asInt();
    found.require(
        pod.path("terminationGracePeriodSeconds").asInt() >= before + grace + SPARE_SECONDS,
        deployment,
        GRACE);
    if (variable(container, "HOLDFAST_SPOT").filter("true"::equals).isPresent()) {
      int notice =
          all.find("ComputeClass", pod.at(CLASS).asText())
              .map(FleetRules::noticeSeconds)
              .orElse(NOTICE_SECONDS);
      found.require(
          before + grace + SPARE_SECONDS <= notice - CRITICAL_SECONDS, deployment, NOTICE);
    }
  }

  /** The shortest, since it is not known which machine it will be. */
  private static int noticeSeconds(JsonNode computeClass) {
    return each(computeClass.at("/spec/priorities"))
        .filter(one -> one.path("spot").asBoolean())
        .mapToInt(
            one ->
                one.at("/nodeSystemConfig/kubeletConfig/shutdownGracePeriodSeconds")
                    .asInt(NOTICE_SECONDS))
        .min()
        .orElse(NOTICE_SECONDS);
  }

  private static void staying(Manifests all, ObjectNode deployment, Findings found) {
    List<ObjectNode> budgets =
        all.of("PodDisruptionBudget")
            .filter(one -> matches(one.at("/spec/selector/matchLabels"), podLabels(deployment)))
            .toList();
    found.require(
        budgets.size() == 1 && budgets.get(0).at("/spec/maxUnavailable").asInt() == 1,
        deployment,
        BUDGET);
    found.require(
        each(pod(deployment).path("topologySpreadConstraints"))
            .anyMatch(
                one ->
                    one.path("topologyKey").asText().equals("topology.kubernetes.io/zone")
                        && matches(one.at("/labelSelector/matchLabels"), podLabels(deployment))),
        deployment,
        SPREAD);
    found.require(
        deployment
            .at(
                "/spec/template/metadata/annotations/cluster-autoscaler.kubernetes.io~1safe-to-evict")
            .asText()
            .equals("true"),
        deployment,
        EVICTABLE);
  }

  private static void machines(
      Manifests all, ObjectNode deployment, JsonNode container, Findings found) {
    JsonNode pod = pod(deployment);
    String wanted = pod.at(CLASS).asText();
    if (wanted.isEmpty()) {
      return;
    }
    found.require(all.find("ComputeClass", wanted).isPresent(), deployment, MACHINES);
    Set<String> tolerated =
        each(pod.path("tolerations"))
            .map(one -> one.path("key").asText())
            .collect(Collectors.toSet());
    boolean spot = variable(container, "HOLDFAST_SPOT").filter("true"::equals).isPresent();
    found.require(
        tolerated.contains("nvidia.com/gpu")
            && tolerated.contains("cloud.google.com/gke-spot") == spot,
        deployment,
        TOLERATES);
    found.require(
        container.at("/resources/limits/nvidia.com~1gpu").asText().equals("1"), deployment, GPU);
  }

  private static void computeClass(ObjectNode computeClass, Findings found) {
    List<JsonNode> choices = each(computeClass.at("/spec/priorities")).toList();
    List<JsonNode> spot = choices.stream().filter(one -> one.path("spot").asBoolean()).toList();
    long kinds = spot.stream().map(one -> one.path("machineType").asText()).distinct().count();
    found.require(
        (spot.isEmpty() || kinds >= 3)
            && !choices.isEmpty()
            && !choices.get(choices.size() - 1).path("spot").asBoolean(true),
        computeClass,
        CHOICE);
    found.require(
        choices.stream()
            .allMatch(one -> one.path("spot").asBoolean() || !one.has("nodeSystemConfig")),
        computeClass,
        NOTICE_ON_SPOT);
  }
}
