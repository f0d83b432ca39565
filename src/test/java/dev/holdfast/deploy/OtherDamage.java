package dev.holdfast.deploy;

import static dev.holdfast.deploy.Damage.at;
import static dev.holdfast.deploy.Damage.first;
import static dev.holdfast.deploy.Damage.manifest;
import static dev.holdfast.deploy.Damage.pod;
import static dev.holdfast.deploy.Damage.policy;
import static dev.holdfast.deploy.Damage.scaled;
import static dev.holdfast.deploy.Damage.variable;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.List;

/** What breaks a rule beside or between pods. */
final class OtherDamage {

  private OtherDamage() {}

  static void toReferences(List<Damage> all) {
    manifest(
        all,
        ReferenceRules.SELECTOR,
        "Deployment worker-spot",
        one -> at(one, "/spec/selector/matchLabels").put("holdfast.dev/fleet", "another"));
    pod(all, ReferenceRules.ACCOUNT, pod -> pod.put("serviceAccountName", "default"));
    first(
        all,
        ReferenceRules.SETTINGS,
        one -> at(one, "/envFrom/0/configMapRef").put("name", "none"));
    pod(all, ReferenceRules.SETTINGS, pod -> at(pod, "/volumes/0/configMap").put("name", "none"));
    manifest(
        all,
        ReferenceRules.SETTINGS,
        "Deployment api",
        one ->
            variable(at(one, "/spec/template/spec"), "HOLDFAST_WEBHOOK_SECRETS")
                .withObject("/valueFrom/secretKeyRef")
                .remove("optional"));
  }

  static void toTargets(List<Damage> all) {
    manifest(
        all,
        ReferenceRules.ONE_FLEET,
        "PodDisruptionBudget worker-spot",
        one -> at(one, "/spec/selector/matchLabels").remove("holdfast.dev/fleet"));
    manifest(
        all,
        ReferenceRules.TARGET_PORT,
        "Service api",
        one -> at(one, "/spec/ports/0").put("targetPort", "web"));
    manifest(
        all,
        ReferenceRules.SCRAPES,
        "PodMonitoring holdfast-worker",
        one -> at(one, "/spec/endpoints/0").put("port", "metrics"));
    manifest(
        all,
        ReferenceRules.ROUTE,
        "HTTPRoute api",
        one -> at(one, "/spec/rules/0/backendRefs/0").put("port", 8080));
    manifest(
        all,
        ReferenceRules.ROUTE,
        "HTTPRoute api",
        one -> at(one, "/spec/parentRefs/0").put("name", "another"));
    manifest(
        all,
        ReferenceRules.ROUTE,
        "GCPBackendPolicy api",
        one -> at(one, "/spec/targetRef").put("name", "another"));
    manifest(
        all,
        ReferenceRules.HEALTH,
        "HealthCheckPolicy api",
        one -> at(one, "/spec/default/config/httpHealthCheck").put("port", 8080));
    all.add(
        new Damage(
            ReferenceRules.ADDRESS,
            "dev",
            dev -> at(dev.settings(), "/data").put("PUBSUB_EMULATOR_HOST", "emulators:8088")));
    manifest(
        all,
        ReferenceRules.NAMESPACE,
        "ComputeClass holdfast-gpu-spot",
        one -> at(one, "/metadata").put("namespace", "holdfast"));
    manifest(
        all,
        ReferenceRules.NAMESPACE,
        "Service api",
        one -> at(one, "/metadata").remove("namespace"));
    all.add(
        new Damage(
            ReferenceRules.ONCE,
            "prod",
            manifests ->
                at(manifests.get("ServiceAccount", "holdfast-api"), "/metadata")
                    .put("name", "holdfast-worker")));
  }

  static void toNetworks(List<Damage> all) {
    policy(all, NetworkRules.DENIED, "default-deny", one -> one.putArray("ingress").addObject());
    policy(
        all,
        NetworkRules.SELECTS,
        "clients",
        one -> at(one, "/podSelector/matchLabels").put("app.kubernetes.io/name", "web"));
    policy(
        all, NetworkRules.OPENS, "metrics", one -> at(one, "/ingress/0/ports/0").put("port", "m"));
    policy(all, NetworkRules.REACHED, "metrics", one -> one.remove("ingress"));
    for (int resolver = 0; resolver < 4; resolver++) {
      int gone = resolver;
      policy(
          all,
          NetworkRules.NAMES,
          "google",
          one -> ((ArrayNode) one.at("/egress/0/to")).remove(gone));
    }
    policy(
        all, NetworkRules.NAMES, "google", one -> at(one, "/egress/0/ports/0").put("port", 5353));
    policy(all, NetworkRules.COLLECTOR, "traces", one -> one.remove("egress"));
    policy(all, NetworkRules.CLOUD, "google", one -> ((ArrayNode) one.path("egress")).remove(1));
    policy(
        all,
        NetworkRules.NARROW,
        "webhooks",
        one -> at(one, "/egress/0/to/0/ipBlock").remove("except"));
    policy(all, NetworkRules.NARROW, "webhooks", one -> at(one, "/egress/0").remove("ports"));
  }

  static void toScaling(List<Damage> all) {
    scaled(all, ScalingRules.TARGET, one -> at(one, "/scaleTargetRef").put("name", "gpu"));
    manifest(
        all,
        ScalingRules.OWNER,
        "Deployment worker-spot",
        one -> at(one, "/spec").put("replicas", 1));
    scaled(all, ScalingRules.RANGE, one -> one.put("minReplicaCount", 1));
    scaled(all, ScalingRules.FALLBACK, one -> one.remove("fallback"));
    scaled(all, ScalingRules.STEADY, one -> one.remove("advanced"));
    scaled(all, ScalingRules.TRIGGER, one -> at(one, "/triggers/0").put("type", "gcp-pubsub"));
    scaled(
        all, ScalingRules.GAPS, one -> at(one, "/triggers/0/metadata").remove("ignoreNullValues"));
    scaled(
        all,
        ScalingRules.PROJECT,
        one ->
            at(one, "/triggers/0/metadata")
                .put("serverAddress", "https://example.org/projects/PROJECT_ID/"));
    scaled(
        all,
        ScalingRules.AUTHENTICATION,
        one -> at(one, "/triggers/0/authenticationRef").put("name", "nobody"));
  }

  static void toRights(List<Damage> all) {
    manifest(
        all,
        RightsRules.DELETION_COST,
        "RoleBinding holdfast-worker-pods",
        one -> at(one, "/subjects/0").put("name", "holdfast-api"));
    manifest(
        all,
        RightsRules.DELETION_COST,
        "RoleBinding holdfast-worker-pods",
        one -> at(one, "/roleRef").put("name", "another"));
    pod(
        all,
        RightsRules.DELETION_COST,
        pod -> {
          ArrayNode volumes = (ArrayNode) pod.path("volumes");
          ((ArrayNode) volumes.get(volumes.size() - 1).at("/projected/sources")).remove(1);
        });
    first(
        all,
        RightsRules.DELETION_COST,
        one -> {
          ArrayNode mounts = (ArrayNode) one.path("volumeMounts");
          at(mounts, "/" + (mounts.size() - 1)).put("mountPath", "/token");
        });
    policy(all, RightsRules.DELETION_COST, "kubernetes", one -> one.remove("egress"));
    manifest(
        all,
        RightsRules.LEAST,
        "Role holdfast-worker-pods",
        one -> ((ArrayNode) one.at("/rules/0/verbs")).add("delete"));
  }
}
