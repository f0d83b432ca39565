package dev.holdfast.deploy;

import static dev.holdfast.deploy.Manifests.each;
import static dev.holdfast.deploy.Manifests.pod;
import static dev.holdfast.deploy.Manifests.variable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;

/** What pods may do to the cluster that they are in. */
final class RightsRules {

  static final String DELETION_COST = "can tell Kubernetes what its end would cost, if it is to";
  static final String LEAST = "gives the one right that is used";

  private static final String PATCH_PODS =
      "[{\"apiGroups\":[\"\"],\"resources\":[\"pods\"],\"verbs\":[\"patch\"]}]";

  /** Where {@code PodDeletionCost} reads, as it would be if Kubernetes itself had mounted it. */
  private static final String FILES = "/var/run/secrets/kubernetes.io/serviceaccount";

  private static final Set<String> NAMES = Set.of("token", "ca.crt", "namespace");
  private static final int HTTPS = 443;

  private RightsRules() {}

  static void check(Manifests all, Findings found) {
    all.deployments()
        .forEach(
            deployment ->
                each(pod(deployment).path("containers"))
                    .filter(
                        container ->
                            variable(container, "HOLDFAST_POD_DELETION_COST")
                                .filter("true"::equals)
                                .isPresent())
                    .forEach(
                        container ->
                            found.require(
                                isBound(all, deployment)
                                    && hasFiles(deployment, container)
                                    && isLetThrough(all, deployment),
                                deployment,
                                DELETION_COST)));
    for (String kind : List.of("Role", "ClusterRole")) {
      all.of(kind)
          .forEach(
              role -> found.require(role.path("rules").toString().equals(PATCH_PODS), role, LEAST));
    }
  }

  private static boolean isBound(Manifests all, ObjectNode deployment) {
    return all.of("RoleBinding")
        .filter(
            binding ->
                each(binding.path("subjects"))
                    .anyMatch(
                        subject ->
                            subject.path("kind").asText().equals("ServiceAccount")
                                && subject
                                    .path("name")
                                    .equals(pod(deployment).path("serviceAccountName"))
                                && subject
                                    .path("namespace")
                                    .equals(deployment.at("/metadata/namespace"))))
        .anyMatch(binding -> all.find("Role", binding.at("/roleRef/name").asText()).isPresent());
  }

  private static boolean hasFiles(ObjectNode deployment, JsonNode container) {
    return each(container.path("volumeMounts"))
        .filter(mount -> mount.path("mountPath").asText().equals(FILES))
        .flatMap(
            mount ->
                each(pod(deployment).path("volumes"))
                    .filter(volume -> volume.path("name").equals(mount.path("name"))))
        .anyMatch(
            volume ->
                Set.copyOf(volume.at("/projected/sources").findValuesAsText("path")).equals(NAMES));
  }

  private static boolean isLetThrough(Manifests all, ObjectNode deployment) {
    List<ObjectNode> policies = all.of("NetworkPolicy").toList();
    return policies.isEmpty()
        || policies.stream()
            .filter(policy -> policy.at("/metadata/name").asText().equals("kubernetes"))
            .filter(policy -> NetworkRules.isAbout(policy, deployment))
            .flatMap(policy -> each(policy.at("/spec/egress")))
            .flatMap(way -> each(way.path("ports")))
            .anyMatch(port -> port.path("port").asInt() == HTTPS);
  }
}
