package dev.holdfast.deploy;

import static dev.holdfast.deploy.Manifests.containers;
import static dev.holdfast.deploy.Manifests.each;
import static dev.holdfast.deploy.Manifests.pod;
import static dev.holdfast.deploy.Manifests.title;
import static dev.holdfast.deploy.Manifests.variable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Our rules for what is deployed, beyond what schemas know. */
final class Rules {

  /** What a pod needs after its grace to end, at least. */
  private static final int SPARE_SECONDS = 3;

  private static final Pattern SECONDS = Pattern.compile("([0-9]+)s");

  private final Manifests manifests;
  private final List<String> broken = new ArrayList<>();

  private Rules(Manifests manifests) {
    this.manifests = manifests;
  }

  /** What is wrong, in words; empty if nothing is. */
  static List<String> broken(Manifests manifests) {
    Rules rules = new Rules(manifests);
    manifests.deployments().forEach(rules::deployment);
    manifests.of("PodDisruptionBudget").forEach(rules::selectsSomething);
    manifests.of("Service").forEach(rules::service);
    manifests.of("PodMonitoring").forEach(rules::monitoring);
    manifests.of("ScaledObject").forEach(rules::scaling);
    manifests.of("NetworkPolicy").forEach(rules::network);
    manifests.all().forEach(rules::namespace);
    return rules.broken;
  }

  private void require(boolean holds, ObjectNode what, String otherwise) {
    if (!holds) {
      broken.add(title(what) + ": " + otherwise);
    }
  }

  private void deployment(ObjectNode deployment) {
    JsonNode pod = pod(deployment);
    JsonNode labels = deployment.at("/spec/template/metadata/labels");
    require(
        matches(deployment.at("/spec/selector/matchLabels"), labels),
        deployment,
        "its selector does not match its pods");
    JsonNode security = pod.path("securityContext");
    require(
        security.path("runAsNonRoot").asBoolean() && security.path("runAsUser").asInt() >= 10_000,
        deployment,
        "may run as root");
    require(
        security.at("/seccompProfile/type").asText().equals("RuntimeDefault"),
        deployment,
        "has no seccomp profile");
    require(
        pod.has("automountServiceAccountToken")
            && !pod.path("automountServiceAccountToken").asBoolean(),
        deployment,
        "mounts a token");
    containers(pod).forEach(container -> container(deployment, pod, container));
    each(pod.path("containers")).forEach(container -> serves(deployment, pod, container));
    references(deployment, pod);
  }

  private void container(ObjectNode deployment, JsonNode pod, JsonNode container) {
    String of = " of container " + name(container, "name");
    JsonNode security = container.path("securityContext");
    require(
        security.path("readOnlyRootFilesystem").asBoolean(), deployment, "writable root" + of);
    require(
        security.has("allowPrivilegeEscalation")
            && !security.path("allowPrivilegeEscalation").asBoolean(),
        deployment,
        "privileges may grow" + of);
    require(
        security.at("/capabilities/drop/0").asText().equals("ALL"),
        deployment,
        "keeps capabilities" + of);
    require(
        container.at("/resources/requests/cpu").isTextual()
            && container.at("/resources/requests/memory").isTextual()
            && container.at("/resources/limits/memory").isTextual(),
        deployment,
        "no requests or no limit" + of);
    each(container.path("volumeMounts"))
        .forEach(
            mount ->
                require(
                    each(pod.path("volumes"))
                        .anyMatch(volume -> name(volume, "name").equals(name(mount, "name"))),
                    deployment,
                    "mounts a volume that is not there" + of));
  }

  /** What holds for a container that serves: that it is asked how it is, and may leave in peace. */
  private void serves(ObjectNode deployment, JsonNode pod, JsonNode container) {
    String of = " of container " + name(container, "name");
    require(container.has("readinessProbe"), deployment, "no readiness probe" + of);
    for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
      JsonNode port = container.path(probe).findPath("port");
      require(
          port.isMissingNode() || portNames(container).contains(port.asText()),
          deployment,
          probe + " asks at a port that is not there" + of);
    }
    variable(container, "HOLDFAST_GRACE")
        .ifPresent(
            grace -> {
              require(container.has("livenessProbe"), deployment, "no liveness probe" + of);
              Matcher seconds = SECONDS.matcher(grace);
              int budget = seconds.matches() ? Integer.parseInt(seconds.group(1)) : 600;
              int before = container.at("/lifecycle/preStop/sleep/seconds").asInt();
              require(
                  pod.path("terminationGracePeriodSeconds").asInt()
                      >= budget + before + SPARE_SECONDS,
                  deployment,
                  "is killed before its grace is over" + of);
            });
  }

  private void references(ObjectNode deployment, JsonNode pod) {
    String account = pod.path("serviceAccountName").asText("");
    require(
        account.isEmpty() || manifests.find("ServiceAccount", account).isPresent(),
        deployment,
        "names a service account that is not there");
    String machines = pod.at("/nodeSelector/cloud.google.com~1compute-class").asText("");
    require(
        machines.isEmpty() || manifests.find("ComputeClass", machines).isPresent(),
        deployment,
        "names a compute class that is not there");
    Set<String> maps = new HashSet<>();
    each(pod.path("volumes")).forEach(volume -> maps.add(volume.at("/configMap/name").asText()));
    containers(pod)
        .flatMap(container -> each(container.path("envFrom")))
        .forEach(from -> maps.add(from.at("/configMapRef/name").asText()));
    maps.remove("");
    for (String map : maps) {
      require(
          manifests.find("ConfigMap", map).isPresent(),
          deployment,
          "names the config map " + map + ", which is not there");
    }
  }

  private void selectsSomething(ObjectNode what) {
    JsonNode selector = what.at("/spec/selector/matchLabels");
    long selected =
        manifests
            .deployments()
            .filter(one -> matches(selector, one.at("/spec/template/metadata/labels")))
            .count();
    require(selected == 1, what, "selects " + selected + " deployments");
  }

  private void service(ObjectNode service) {
    JsonNode selector = service.at("/spec/selector");
    List<ObjectNode> behind =
        manifests
            .deployments()
            .filter(one -> matches(selector, one.at("/spec/template/metadata/labels")))
            .toList();
    require(behind.size() == 1, service, "selects " + behind.size() + " deployments");
    for (ObjectNode deployment : behind) {
      each(service.at("/spec/ports"))
          .forEach(
              port ->
                  require(
                      ports(deployment).contains(port.path("targetPort").asText()),
                      service,
                      "leads to a port that is not there"));
    }
  }

  private void monitoring(ObjectNode monitoring) {
    JsonNode selector = monitoring.at("/spec/selector/matchLabels");
    String port = monitoring.at("/spec/endpoints/0/port").asText();
    require(
        manifests
            .deployments()
            .anyMatch(
                one ->
                    matches(selector, one.at("/spec/template/metadata/labels"))
                        && ports(one).contains(port)),
        monitoring,
        "scrapes nothing");
  }

  private void scaling(ObjectNode scaled) {
    String target = scaled.at("/spec/scaleTargetRef/name").asText();
    require(
        manifests.find("Deployment", target).filter(one -> !one.at("/spec").has("replicas")).isPresent(),
        scaled,
        "scales what is not there, or what each deploy sets back");
    require(scaled.at("/spec").has("fallback"), scaled, "has no fallback");
    each(scaled.at("/spec/triggers"))
        .forEach(
            trigger -> {
              require(trigger.path("type").asText().equals("prometheus"), scaled, "trigger");
              JsonNode metadata = trigger.path("metadata");
              require(
                  metadata.path("ignoreNullValues").asText().equals("false"),
                  scaled,
                  "takes a gap for an empty queue");
              require(
                  !metadata.path("serverAddress").asText().contains("PROJECT_ID"),
                  scaled,
                  "was not told the project");
              require(
                  manifests
                      .find("TriggerAuthentication", trigger.at("/authenticationRef/name").asText())
                      .isPresent(),
                  scaled,
                  "names an authentication that is not there");
            });
  }

  private void network(ObjectNode policy) {
    each(policy.at("/spec/ingress"))
        .flatMap(rule -> each(rule.path("ports")))
        .map(port -> port.path("port"))
        .filter(JsonNode::isTextual)
        .forEach(
            port ->
                require(
                    manifests.deployments().anyMatch(one -> ports(one).contains(port.asText())),
                    policy,
                    "opens a port that no pod has"));
  }

  private void namespace(ObjectNode what) {
    boolean ofTheCluster = Set.of("Namespace", "ComputeClass").contains(Manifests.kind(what));
    require(
        what.at("/metadata").has("namespace") != ofTheCluster,
        what,
        ofTheCluster ? "has a namespace" : "has no namespace");
  }

  private static Set<String> ports(JsonNode deployment) {
    Set<String> names = new HashSet<>();
    each(pod(deployment).path("containers")).forEach(one -> names.addAll(portNames(one)));
    return names;
  }

  private static Set<String> portNames(JsonNode container) {
    Set<String> names = new HashSet<>();
    each(container.path("ports")).forEach(port -> names.add(name(port, "name")));
    return names;
  }

  private static String name(JsonNode node, String field) {
    return node.path(field).asText();
  }

  private static boolean matches(JsonNode selector, JsonNode labels) {
    return selector.size() > 0
        && selector.properties().stream()
            .allMatch(label -> labels.path(label.getKey()).equals(label.getValue()));
  }
}
