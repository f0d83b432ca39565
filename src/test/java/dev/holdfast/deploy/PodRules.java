package dev.holdfast.deploy;

import static dev.holdfast.deploy.Manifests.containers;
import static dev.holdfast.deploy.Manifests.each;
import static dev.holdfast.deploy.Manifests.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;

/**
 * What every pod may do and use. The first half is the profile "restricted" of Kubernetes' Pod
 * Security Standards, which the namespace enforces as well; a pod that breaks it would never start.
 */
final class PodRules {

  static final String NOT_ROOT = "does not run as root";
  static final String SECCOMP = "has the runtime's seccomp profile";
  static final String NO_HOST = "shares nothing with its node";
  static final String READ_ONLY = "has a read-only root";
  static final String NO_GROWTH = "cannot gain privileges";
  static final String NO_CAPABILITIES = "has no capabilities";
  static final String VOLUMES = "has only volumes of harmless kinds";
  static final String ENFORCED = "enforces the restricted profile";
  static final String NO_TOKEN = "gets no token unasked";
  static final String REQUESTS = "says what it needs";
  static final String LIMITS = "may use the memory that it asks for and no more";
  static final String SIZES = "writes only to disks of a limited size";
  static final String MOUNTS = "mounts only volumes that are there";

  /** Below lie the users of distributions, and of nodes. */
  private static final int USER_MIN = 10_000;

  private static final Set<String> KINDS =
      Set.of(
          "configMap",
          "csi",
          "downwardAPI",
          "emptyDir",
          "ephemeral",
          "persistentVolumeClaim",
          "projected",
          "secret");

  private PodRules() {}

  static void check(Manifests all, Findings found) {
    all.of("Namespace")
        .forEach(
            one ->
                found.require(
                    one.at("/metadata/labels/pod-security.kubernetes.io~1enforce")
                        .asText()
                        .equals("restricted"),
                    one,
                    ENFORCED));
    all.of("ServiceAccount").forEach(one -> found.require(noToken(one), one, NO_TOKEN));
    all.deployments()
        .forEach(
            deployment -> {
              JsonNode pod = pod(deployment);
              whole(deployment, pod, found);
              containers(pod).forEach(container -> container(deployment, pod, container, found));
            });
  }

  private static void whole(ObjectNode deployment, JsonNode pod, Findings found) {
    JsonNode security = pod.path("securityContext");
    found.require(
        security.path("runAsNonRoot").asBoolean()
            && security.path("runAsUser").asInt() >= USER_MIN
            && security.path("runAsGroup").asInt() >= USER_MIN,
        deployment,
        NOT_ROOT);
    found.require(
        security.at("/seccompProfile/type").asText().equals("RuntimeDefault"), deployment, SECCOMP);
    found.require(
        !pod.path("hostNetwork").asBoolean()
            && !pod.path("hostPID").asBoolean()
            && !pod.path("hostIPC").asBoolean()
            && pod.findValues("hostPort").isEmpty()
            && security.path("sysctls").isEmpty(),
        deployment,
        NO_HOST);
    found.require(noToken(pod), deployment, NO_TOKEN);
    each(pod.path("volumes")).forEach(volume -> volume(deployment, volume, found));
  }

  private static boolean noToken(JsonNode account) {
    return account.has("automountServiceAccountToken")
        && !account.path("automountServiceAccountToken").asBoolean();
  }

  private static void volume(ObjectNode deployment, JsonNode volume, Findings found) {
    String name = volume.path("name").asText();
    found.require(
        volume.properties().stream()
            .allMatch(field -> field.getKey().equals("name") || KINDS.contains(field.getKey())),
        deployment,
        VOLUMES,
        name);
    found.require(
        !volume.has("emptyDir") || volume.at("/emptyDir/sizeLimit").isTextual(),
        deployment,
        SIZES,
        name);
  }

  private static void container(
      ObjectNode deployment, JsonNode pod, JsonNode container, Findings found) {
    String name = container.path("name").asText();
    JsonNode security = container.path("securityContext");
    found.require(
        !security.has("runAsUser") && !security.has("runAsNonRoot"), deployment, NOT_ROOT, name);
    found.require(!security.has("seccompProfile"), deployment, SECCOMP, name);
    found.require(security.path("readOnlyRootFilesystem").asBoolean(), deployment, READ_ONLY, name);
    found.require(
        security.has("allowPrivilegeEscalation")
            && !security.path("allowPrivilegeEscalation").asBoolean()
            && !security.path("privileged").asBoolean(),
        deployment,
        NO_GROWTH,
        name);
    found.require(
        security.at("/capabilities/drop/0").asText().equals("ALL")
            && !security.path("capabilities").has("add"),
        deployment,
        NO_CAPABILITIES,
        name);
    JsonNode requests = container.at("/resources/requests");
    JsonNode limits = container.at("/resources/limits");
    found.require(
        requests.path("cpu").isTextual() && requests.path("memory").isTextual(),
        deployment,
        REQUESTS,
        name);
    found.require(
        limits.path("memory").equals(requests.path("memory"))
            && limits.path("nvidia.com/gpu").equals(requests.path("nvidia.com/gpu")),
        deployment,
        LIMITS,
        name);
    each(container.path("volumeMounts"))
        .forEach(
            mount ->
                found.require(
                    each(pod.path("volumes"))
                        .anyMatch(volume -> volume.path("name").equals(mount.path("name"))),
                    deployment,
                    MOUNTS,
                    name));
  }
}
