package dev.holdfast.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every overlay keeps every rule, and every rule is shown a copy that breaks it. */
@OnKubectl
class RulesTest {

  @TestFactory
  Stream<DynamicTest> overlaysKeepTheRules() {
    return Manifests.OVERLAYS.stream()
        .map(
            overlay ->
                DynamicTest.dynamicTest(
                    overlay,
                    () -> assertThat(Findings.of(Manifests.render(overlay)).broken()).isEmpty()));
  }

  @TestFactory
  Stream<DynamicTest> damageIsFound() {
    AtomicInteger number = new AtomicInteger();
    return Damage.all().stream()
        .map(
            damage ->
                DynamicTest.dynamicTest(
                    number.incrementAndGet() + ": " + damage.rule(),
                    () -> {
                      Manifests copy = Manifests.render(damage.overlay());
                      damage.done().accept(copy);
                      assertThat(Findings.of(copy).broken())
                          .extracting(Findings.Broken::rule)
                          .contains(damage.rule());
                    }));
  }

  @Test
  void noRuleIsNeverBroken() {
    Set<String> asked = new TreeSet<>();
    Manifests.OVERLAYS.forEach(
        overlay -> asked.addAll(Findings.of(Manifests.render(overlay)).asked()));
    assertThat(Damage.all().stream().map(Damage::rule).collect(Collectors.toSet()))
        .isEqualTo(asked);
  }

  @Test
  void productionIsLockedDownScaledAndWatched() {
    for (String overlay : Set.of("prod", "prod-120s")) {
      assertThat(Manifests.render(overlay).all().stream().map(Manifests::title))
          .contains(
              "NetworkPolicy default-deny",
              "ScaledObject worker-spot",
              "ScaledObject worker",
              "PodMonitoring holdfast-api",
              "PodMonitoring holdfast-worker",
              "ComputeClass holdfast-gpu-spot",
              "Gateway holdfast");
    }
  }

  @Test
  void developmentNeedsNothingOfGoogleCloud() {
    Manifests dev = Manifests.render("dev");
    assertThat(dev.all().stream().map(Manifests::kind).collect(Collectors.toSet()))
        .isEqualTo(
            Set.of(
                "Namespace",
                "ServiceAccount",
                "ConfigMap",
                "Deployment",
                "Service",
                "PodDisruptionBudget"));
    assertThat(dev.get("Deployment", "worker").toString())
        .doesNotContain("nvidia", "compute-class", "HOLDFAST_EVICTION_NOTICES");
  }
}
