package dev.holdfast.deploy;

import static dev.holdfast.deploy.Manifests.containers;
import static dev.holdfast.deploy.Manifests.each;
import static dev.holdfast.deploy.Manifests.matches;
import static dev.holdfast.deploy.Manifests.pod;
import static dev.holdfast.deploy.Manifests.podLabels;
import static dev.holdfast.deploy.Manifests.ports;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.util.List;
import java.util.Set;

/** What one manifest names is there in another. */
final class ReferenceRules {

  static final String SELECTOR = "selects its own pods";
  static final String ACCOUNT = "runs as an account that is there";
  static final String SETTINGS = "reads config maps and secrets that are there";
  static final String ONE_FLEET = "means exactly one deployment";
  static final String TARGET_PORT = "leads to a port that is there";
  static final String SCRAPES = "scrapes something";
  static final String ROUTE = "leads to a service that is there";
  static final String HEALTH = "is asked how it is where it answers";
  static final String ADDRESS = "names an address that is there";
  static final String NAMESPACE = "is in the namespace that is there, or in none if it has none";
  static final String ONCE = "is there once";

  private static final Set<String> OF_THE_CLUSTER = Set.of("Namespace", "ComputeClass");

  private ReferenceRules() {}

  static void check(Manifests all, Findings found) {
    all.deployments().forEach(one -> deployment(all, one, found));
    all.of("PodDisruptionBudget")
        .forEach(one -> selected(all, one, one.at("/spec/selector/matchLabels"), found));
    all.of("Service").forEach(one -> service(all, one, found));
    all.of("PodMonitoring").forEach(one -> monitoring(all, one, found));
    all.of("HTTPRoute").forEach(one -> route(all, one, found));
    all.of("GCPBackendPolicy").forEach(one -> target(all, one, found));
    all.of("HealthCheckPolicy").forEach(one -> health(all, one, found));
    all.of("ConfigMap").forEach(one -> addresses(all, one, found));
    all.all().forEach(one -> place(all, one, found));
  }

  private static void deployment(Manifests all, ObjectNode deployment, Findings found) {
    JsonNode pod = pod(deployment);
    found.require(
        matches(deployment.at("/spec/selector/matchLabels"), podLabels(deployment)),
        deployment,
        SELECTOR);
    String account = pod.path("serviceAccountName").asText();
    found.require(
        account.isEmpty() || all.find("ServiceAccount", account).isPresent(), deployment, ACCOUNT);
    each(pod.path("volumes"))
        .filter(volume -> volume.has("configMap"))
        .forEach(
            volume ->
                found.require(
                    all.find("ConfigMap", volume.at("/configMap/name").asText()).isPresent(),
                    deployment,
                    SETTINGS,
                    volume.at("/configMap/name").asText()));
    containers(pod)
        .forEach(
            container -> {
              each(container.path("envFrom"))
                  .forEach(
                      from ->
                          found.require(
                              all.find("ConfigMap", from.at("/configMapRef/name").asText())
                                  .isPresent(),
                              deployment,
                              SETTINGS,
                              from.toString()));
              each(container.path("env"))
                  .map(variable -> variable.path("valueFrom"))
                  .forEach(
                      from ->
                          found.require(
                              isThere(all, "ConfigMap", from.path("configMapKeyRef"))
                                  && isThere(all, "Secret", from.path("secretKeyRef")),
                              deployment,
                              SETTINGS,
                              from.toString()));
            });
  }

  /** Whether a key that is referred to is there, or need not be, or none is referred to. */
  private static boolean isThere(Manifests all, String kind, JsonNode reference) {
    return reference.isMissingNode()
        || reference.path("optional").asBoolean()
        || all.find(kind, reference.path("name").asText())
            .filter(one -> one.path("data").has(reference.path("key").asText()))
            .isPresent();
  }

  private static List<ObjectNode> selected(
      Manifests all, ObjectNode what, JsonNode selector, Findings found) {
    List<ObjectNode> selected =
        all.deployments().filter(one -> matches(selector, podLabels(one))).toList();
    found.require(selected.size() == 1, what, ONE_FLEET, selected.size() + " deployments");
    return selected;
  }

  private static void service(Manifests all, ObjectNode service, Findings found) {
    for (ObjectNode deployment : selected(all, service, service.at("/spec/selector"), found)) {
      each(service.at("/spec/ports"))
          .map(port -> port.path("targetPort").asText())
          .forEach(
              port ->
                  found.require(ports(deployment).containsKey(port), service, TARGET_PORT, port));
    }
  }

  private static void monitoring(Manifests all, ObjectNode monitoring, Findings found) {
    JsonNode selector = monitoring.at("/spec/selector/matchLabels");
    each(monitoring.at("/spec/endpoints"))
        .map(endpoint -> endpoint.path("port").asText())
        .forEach(
            port ->
                found.require(
                    all.deployments()
                        .anyMatch(
                            one ->
                                matches(selector, podLabels(one)) && ports(one).containsKey(port)),
                    monitoring,
                    SCRAPES,
                    port));
  }

  private static boolean hasPort(Manifests all, String service, String port) {
    return all.find("Service", service)
        .filter(
            one ->
                each(one.at("/spec/ports")).anyMatch(it -> it.path("port").asText().equals(port)))
        .isPresent();
  }

  private static void route(Manifests all, ObjectNode route, Findings found) {
    each(route.at("/spec/rules"))
        .flatMap(rule -> each(rule.path("backendRefs")))
        .forEach(
            behind ->
                found.require(
                    hasPort(all, behind.path("name").asText(), behind.path("port").asText()),
                    route,
                    ROUTE,
                    behind.toString()));
    found.require(
        each(route.at("/spec/parentRefs"))
            .allMatch(one -> all.find("Gateway", one.path("name").asText()).isPresent()),
        route,
        ROUTE);
  }

  private static void target(Manifests all, ObjectNode policy, Findings found) {
    JsonNode target = policy.at("/spec/targetRef");
    found.require(
        all.find(target.path("kind").asText(), target.path("name").asText()).isPresent(),
        policy,
        ROUTE);
  }

  private static void health(Manifests all, ObjectNode policy, Findings found) {
    target(all, policy, found);
    JsonNode check = policy.at("/spec/default/config/httpHealthCheck");
    JsonNode selector =
        all.find("Service", policy.at("/spec/targetRef/name").asText())
            .map(service -> service.at("/spec/selector"))
            .orElse(check);
    found.require(
        all.deployments()
            .filter(one -> matches(selector, podLabels(one)))
            .flatMap(one -> each(pod(one).path("containers")))
            .anyMatch(
                container -> {
                  JsonNode probe = container.at("/readinessProbe/httpGet");
                  return probe.path("path").equals(check.path("requestPath"))
                      && each(container.path("ports"))
                          .filter(port -> port.path("name").equals(probe.path("port")))
                          .anyMatch(port -> port.path("containerPort").equals(check.path("port")));
                }),
        policy,
        HEALTH);
  }

  /** Emulators are named by service and port. */
  private static void addresses(Manifests all, ObjectNode map, Findings found) {
    map.path("data").properties().stream()
        .filter(setting -> setting.getKey().endsWith("_EMULATOR_HOST"))
        .forEach(
            setting -> {
              String text = setting.getValue().asText();
              URI address = URI.create(text.contains("://") ? text : "http://" + text);
              found.require(
                  hasPort(all, address.getHost(), String.valueOf(address.getPort())),
                  map,
                  ADDRESS,
                  setting.getKey());
            });
  }

  private static void place(Manifests all, ObjectNode what, Findings found) {
    String namespace = what.at("/metadata/namespace").asText();
    found.require(
        OF_THE_CLUSTER.contains(Manifests.kind(what))
            ? namespace.isEmpty()
            : all.find("Namespace", namespace).isPresent(),
        what,
        NAMESPACE);
    found.require(
        all.of(Manifests.kind(what))
                .filter(one -> Manifests.name(one).equals(Manifests.name(what)))
                .count()
            == 1,
        what,
        ONCE);
  }
}
