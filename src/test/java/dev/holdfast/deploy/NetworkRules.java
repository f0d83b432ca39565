package dev.holdfast.deploy;

import static dev.holdfast.deploy.Manifests.each;
import static dev.holdfast.deploy.Manifests.matches;
import static dev.holdfast.deploy.Manifests.podLabels;
import static dev.holdfast.deploy.Manifests.ports;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Who may talk to whom, where anybody is told at all. */
final class NetworkRules {

  static final String DENIED = "lets nothing in or out that nobody asked for";
  static final String SELECTS = "is about pods that are there";
  static final String OPENS = "opens ports that its pods have";
  static final String REACHED = "can be reached at each of its ports";
  static final String NAMES = "can look names up";
  static final String CLOUD = "can reach Google's services, and the metadata server";
  static final String COLLECTOR = "can send traces to a collector";
  static final String NARROW = "opens nothing to the whole world but the ports for that";

  private static final int HTTPS = 443;
  private static final int DNS = 53;

  /** Of OTLP over HTTP. */
  private static final int OTLP = 4318;

  /** Whoever may answer for names in a cluster of GKE, by what was switched on when it was made. */
  private static final List<String> RESOLVERS =
      List.of(
          "\"k8s-app\":\"kube-dns\"",
          "\"k8s-app\":\"node-local-dns\"",
          "\"169.254.20.10/32\"",
          "\"169.254.169.254/32\"");

  /** GKE's metadata server, and private.googleapis.com. */
  private static final List<String> GOOGLE =
      List.of("169.254.169.254/32", "169.254.169.252/32", "199.36.153.8/30");

  private NetworkRules() {}

  static void check(Manifests all, Findings found) {
    List<ObjectNode> policies = all.of("NetworkPolicy").toList();
    if (policies.isEmpty()) {
      return;
    }
    all.of("Namespace")
        .forEach(
            namespace ->
                found.require(
                    policies.stream().anyMatch(NetworkRules::deniesAll), namespace, DENIED));
    policies.stream()
        .filter(policy -> !deniesAll(policy))
        .forEach(policy -> policy(all, policy, found));
    all.deployments().forEach(deployment -> reached(deployment, policies, found));
  }

  private static boolean deniesAll(JsonNode policy) {
    JsonNode spec = policy.path("spec");
    return spec.path("podSelector").isEmpty()
        && spec.path("policyTypes").toString().equals("[\"Ingress\",\"Egress\"]")
        && !spec.has("ingress")
        && !spec.has("egress");
  }

  private static void policy(Manifests all, ObjectNode policy, Findings found) {
    List<ObjectNode> pods = all.deployments().filter(one -> isAbout(policy, one)).toList();
    found.require(!pods.isEmpty(), policy, SELECTS);
    each(policy.at("/spec/ingress"))
        .flatMap(rule -> each(rule.path("ports")))
        .map(port -> port.path("port").asText())
        .forEach(
            port ->
                found.require(
                    pods.stream().allMatch(one -> ports(one).containsKey(port)),
                    policy,
                    OPENS,
                    port));
    each(policy.at("/spec/egress"))
        .filter(rule -> rule.path("to").isEmpty() || rule.toString().contains("\"0.0.0.0/0\""))
        .forEach(
            rule ->
                found.require(
                    each(rule.path("ports")).allMatch(port -> port.path("port").asInt() == HTTPS)
                        && rule.path("ports").size() == 1
                        && rule.toString().contains("169.254.0.0/16"),
                    policy,
                    NARROW));
  }

  private static void reached(ObjectNode deployment, List<ObjectNode> policies, Findings found) {
    List<ObjectNode> about = policies.stream().filter(one -> isAbout(one, deployment)).toList();
    ports(deployment)
        .keySet()
        .forEach(
            port ->
                found.require(
                    about.stream()
                        .flatMap(policy -> each(policy.at("/spec/ingress")))
                        .flatMap(rule -> each(rule.path("ports")))
                        .anyMatch(one -> one.path("port").asText().equals(port)),
                    deployment,
                    REACHED,
                    port));
    List<JsonNode> ways =
        about.stream().flatMap(policy -> each(policy.at("/spec/egress"))).toList();
    found.require(
        RESOLVERS.stream()
            .allMatch(
                resolver ->
                    ways.stream()
                        .anyMatch(
                            way ->
                                opens(way, "UDP", DNS)
                                    && opens(way, "TCP", DNS)
                                    && way.toString().contains(resolver))),
        deployment,
        NAMES);
    found.require(ways.stream().anyMatch(way -> opens(way, "TCP", OTLP)), deployment, COLLECTOR);
    found.require(
        GOOGLE.stream()
            .allMatch(
                block ->
                    ways.stream()
                        .flatMap(rule -> each(rule.path("to")))
                        .anyMatch(to -> to.at("/ipBlock/cidr").asText().equals(block))),
        deployment,
        CLOUD);
  }

  private static boolean opens(JsonNode way, String protocol, int port) {
    return each(way.path("ports"))
        .anyMatch(
            one ->
                one.path("protocol").asText().equals(protocol) && one.path("port").asInt() == port);
  }

  /** Whether a policy's selector takes a deployment's pods. */
  static boolean isAbout(JsonNode policy, ObjectNode deployment) {
    JsonNode selector = policy.at("/spec/podSelector");
    JsonNode labels = podLabels(deployment);
    return !selector.isEmpty()
        && (!selector.has("matchLabels") || matches(selector.path("matchLabels"), labels))
        && each(selector.path("matchExpressions"))
            .allMatch(
                one ->
                    one.path("operator").asText().equals("In")
                        && each(one.path("values"))
                            .anyMatch(
                                value -> value.equals(labels.path(one.path("key").asText()))));
  }
}
