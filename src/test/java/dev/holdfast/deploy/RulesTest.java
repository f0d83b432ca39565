package dev.holdfast.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Both overlays keep our rules, and each rule is shown a copy that breaks it. */
class RulesTest {

  @TestFactory
  Stream<DynamicTest> overlaysKeepTheRules() {
    return Manifests.OVERLAYS.stream()
        .map(
            overlay ->
                DynamicTest.dynamicTest(
                    overlay,
                    () -> assertThat(Rules.broken(Manifests.render(overlay))).isEmpty()));
  }

  @TestFactory
  Stream<DynamicTest> damageIsFound() {
    Manifests whole = Manifests.render("prod");
    return damages().entrySet().stream()
        .map(
            damage ->
                DynamicTest.dynamicTest(
                    damage.getKey(),
                    () -> {
                      Manifests copy = whole.copy();
                      damage.getValue().accept(copy);
                      assertThat(Rules.broken(copy))
                          .anyMatch(found -> found.contains(damage.getKey()));
                    }));
  }

  private static Map<String, Consumer<Manifests>> damages() {
    Map<String, Consumer<Manifests>> damages = new LinkedHashMap<>();
    damages.put("may run as root", all -> object(all, "/securityContext").put("runAsUser", 0));
    damages.put("has no seccomp profile", all -> drop(all, "/securityContext", "seccompProfile"));
    damages.put("mounts a token", all -> drop(all, "", "automountServiceAccountToken"));
    damages.put(
        "writable root",
        all -> drop(all, "/containers/0/securityContext", "readOnlyRootFilesystem"));
    damages.put(
        "privileges may grow",
        all -> drop(all, "/containers/0/securityContext", "allowPrivilegeEscalation"));
    damages.put(
        "keeps capabilities", all -> drop(all, "/containers/0/securityContext", "capabilities"));
    damages.put("no requests or no limit", all -> drop(all, "/containers/0/resources", "limits"));
    damages.put("no readiness probe", all -> drop(all, "/containers/0", "readinessProbe"));
    damages.put("no liveness probe", all -> drop(all, "/containers/0", "livenessProbe"));
    damages.put(
        "asks at a port that is not there",
        all -> object(all, "/containers/0/livenessProbe/httpGet").put("port", "health"));
    damages.put(
        "is killed before its grace is over",
        all -> object(all, "").put("terminationGracePeriodSeconds", 14));
    damages.put(
        "names a service account that is not there",
        all -> object(all, "").put("serviceAccountName", "default"));
    damages.put(
        "names a compute class that is not there",
        all -> object(all, "/nodeSelector").put("cloud.google.com/compute-class", "gpu"));
    damages.put("mounts a volume that is not there", all -> drop(all, "/volumes/0", "name"));
    damages.put(
        "names the config map none",
        all ->
            ((ObjectNode) Manifests.pod(spot(all)).at("/containers/0/envFrom/0/configMapRef"))
                .put("name", "none"));
    damages.put(
        "its selector does not match its pods",
        all -> label(all.get("Deployment", "worker-spot"), "/spec/template/metadata/labels"));
    damages.put(
        "selects 0 deployments",
        all -> label(all.get("PodDisruptionBudget", "worker-spot"), "/spec/selector/matchLabels"));
    damages.put(
        "leads to a port that is not there",
        all -> ((ObjectNode) all.get("Service", "api").at("/spec/ports/0")).put("targetPort", "h"));
    damages.put(
        "scrapes nothing",
        all ->
            ((ObjectNode) all.get("PodMonitoring", "holdfast-worker").at("/spec/endpoints/0"))
                .put("port", "metrics"));
    damages.put(
        "scales what is not there",
        all -> ((ObjectNode) spot(all).path("spec")).put("replicas", 1));
    damages.put("has no fallback", all -> ((ObjectNode) scaled(all)).remove("fallback"));
    damages.put(
        "takes a gap for an empty queue",
        all -> ((ObjectNode) scaled(all).at("/triggers/0/metadata")).remove("ignoreNullValues"));
    damages.put(
        "was not told the project",
        all ->
            ((ObjectNode) scaled(all).at("/triggers/0/metadata"))
                .put("serverAddress", "https://example.org/PROJECT_ID"));
    damages.put(
        "names an authentication that is not there",
        all ->
            ((ObjectNode) scaled(all).at("/triggers/0/authenticationRef")).put("name", "nobody"));
    damages.put(
        "opens a port that no pod has",
        all ->
            ((ObjectNode)
                    ((ArrayNode) all.get("NetworkPolicy", "metrics").at("/spec/ingress/0/ports"))
                        .get(0))
                .put("port", "metrics"));
    damages.put(
        "has a namespace",
        all ->
            ((ObjectNode) all.get("ComputeClass", "holdfast-gpu-spot").path("metadata"))
                .put("namespace", "holdfast"));
    damages.put(
        "has no namespace",
        all -> ((ObjectNode) all.get("Service", "api").path("metadata")).remove("namespace"));
    return damages;
  }

  private static ObjectNode spot(Manifests all) {
    return all.get("Deployment", "worker-spot");
  }

  private static JsonNode scaled(Manifests all) {
    return all.get("ScaledObject", "worker-spot").path("spec");
  }

  private static ObjectNode object(Manifests all, String inPod) {
    return (ObjectNode) Manifests.pod(spot(all)).at(inPod);
  }

  private static void drop(Manifests all, String inPod, String field) {
    object(all, inPod).remove(field);
  }

  private static void label(ObjectNode what, String labels) {
    ((ObjectNode) what.at(labels)).put("holdfast.dev/fleet", "another");
  }
}
