package dev.holdfast.deploy;

import static dev.holdfast.deploy.Damage.at;
import static dev.holdfast.deploy.Damage.first;
import static dev.holdfast.deploy.Damage.manifest;
import static dev.holdfast.deploy.Damage.pod;
import static dev.holdfast.deploy.Damage.variable;

import java.util.List;

/** Pods that break a rule. */
final class PodDamage {

  private PodDamage() {}

  static void toPods(List<Damage> all) {
    pod(all, PodRules.NOT_ROOT, pod -> at(pod, "/securityContext").put("runAsUser", 0));
    first(all, PodRules.NOT_ROOT, one -> at(one, "/securityContext").put("runAsUser", 0));
    pod(all, PodRules.SECCOMP, pod -> at(pod, "/securityContext").remove("seccompProfile"));
    first(all, PodRules.SECCOMP, one -> at(one, "/securityContext").putObject("seccompProfile"));
    pod(all, PodRules.NO_HOST, pod -> pod.put("hostNetwork", true));
    first(all, PodRules.NO_HOST, one -> at(one, "/ports/0").put("hostPort", 9091));
    pod(all, PodRules.NO_TOKEN, pod -> pod.remove("automountServiceAccountToken"));
    manifest(
        all,
        PodRules.NO_TOKEN,
        "ServiceAccount holdfast-worker",
        one -> one.put("automountServiceAccountToken", true));
    manifest(
        all,
        PodRules.ENFORCED,
        "Namespace holdfast",
        one -> at(one, "/metadata/labels").remove("pod-security.kubernetes.io/enforce"));
    pod(all, PodRules.VOLUMES, pod -> at(pod, "/volumes/1").putObject("hostPath"));
    pod(all, PodRules.SIZES, pod -> at(pod, "/volumes/1/emptyDir").removeAll());
    pod(all, PodRules.MOUNTS, pod -> at(pod, "/volumes/0").put("name", "another"));
    first(
        all,
        PodRules.READ_ONLY,
        one -> at(one, "/securityContext").remove("readOnlyRootFilesystem"));
    first(
        all,
        PodRules.NO_GROWTH,
        one -> at(one, "/securityContext").remove("allowPrivilegeEscalation"));
    first(all, PodRules.NO_GROWTH, one -> at(one, "/securityContext").put("privileged", true));
    first(all, PodRules.NO_CAPABILITIES, one -> at(one, "/securityContext").remove("capabilities"));
    first(
        all,
        PodRules.NO_CAPABILITIES,
        one -> at(one, "/securityContext/capabilities").putArray("add").add("SYS_PTRACE"));
    first(all, PodRules.REQUESTS, one -> at(one, "/resources/requests").remove("cpu"));
    first(all, PodRules.LIMITS, one -> at(one, "/resources").remove("limits"));
  }

  static void toProbes(List<Damage> all) {
    first(all, ProbeRules.READINESS, one -> one.remove("readinessProbe"));
    first(all, ProbeRules.PORTS, one -> at(one, "/livenessProbe/httpGet").put("port", "health"));
    first(all, ProbeRules.STARTUP, one -> at(one, "/startupProbe").put("failureThreshold", 3));
    first(all, ProbeRules.LIVENESS, one -> one.remove("livenessProbe"));
    first(
        all, ProbeRules.LIVENESS, one -> at(one, "/livenessProbe/httpGet").put("path", "/readyz"));
    first(all, ProbeRules.LIVENESS, one -> at(one, "/livenessProbe").put("failureThreshold", 1));
    first(
        all,
        ProbeRules.READY_PATH,
        one -> at(one, "/readinessProbe/httpGet").put("path", "/livez"));
    first(all, ProbeRules.LISTENS, one -> at(one, "/ports/0").put("containerPort", 9090));
  }

  static void toFleets(List<Damage> all) {
    pod(all, FleetRules.GRACE, pod -> pod.put("terminationGracePeriodSeconds", 14));
    pod(all, FleetRules.NOTICE, pod -> variable(pod, "HOLDFAST_GRACE").put("value", "13s"));
    manifest(
        all,
        "prod-120s",
        FleetRules.NOTICE,
        "ComputeClass holdfast-gpu-spot",
        one -> at(one, "/spec/priorities/1").remove("nodeSystemConfig"));
    manifest(
        all,
        FleetRules.BUDGET,
        "PodDisruptionBudget worker-spot",
        one -> at(one, "/spec").put("maxUnavailable", 5));
    pod(all, FleetRules.SPREAD, pod -> pod.remove("topologySpreadConstraints"));
    manifest(
        all,
        FleetRules.EVICTABLE,
        "Deployment worker-spot",
        one -> at(one, "/spec/template/metadata").remove("annotations"));
    pod(
        all,
        FleetRules.MACHINES,
        pod -> at(pod, "/nodeSelector").put("cloud.google.com/compute-class", "gpu"));
    pod(all, FleetRules.TOLERATES, pod -> pod.remove("tolerations"));
    first(all, FleetRules.GPU, one -> at(one, "/resources/limits").remove("nvidia.com/gpu"));
    manifest(
        all,
        FleetRules.CHOICE,
        "ComputeClass holdfast-gpu-spot",
        one -> at(one, "/spec/priorities/4").put("spot", true));
    manifest(
        all,
        "prod-120s",
        FleetRules.NOTICE_ON_SPOT,
        "ComputeClass holdfast-gpu-spot",
        one -> at(one, "/spec/priorities/0").put("spot", false));
  }
}
