package dev.holdfast.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every field that is deployed exists, and each kind of typo is found. */
@OnKubectl
class SchemaTest {

  @TestFactory
  Stream<DynamicTest> everyFieldExists() {
    return Manifests.OVERLAYS.stream()
        .flatMap(
            overlay ->
                Manifests.render(overlay).all().stream()
                    .map(
                        one ->
                            DynamicTest.dynamicTest(
                                overlay + ": " + Manifests.title(one),
                                () -> assertThat(Schemas.wrong(one)).isEmpty())));
  }

  @TestFactory
  Stream<DynamicTest> typosAreFound() {
    Manifests whole = Manifests.render("prod-120s");
    return typos().entrySet().stream()
        .filter(typo -> Schemas.knows(typo.getKey().split(" ", 2)[0]))
        .map(
            typo ->
                DynamicTest.dynamicTest(
                    typo.getKey(),
                    () -> {
                      String[] title = typo.getKey().split(" ", 3);
                      ObjectNode copy = whole.get(title[0], title[1]).deepCopy();
                      assertThat(Schemas.wrong(copy)).isEmpty();
                      typo.getValue().accept(copy);
                      assertThat(Schemas.wrong(copy)).isNotEmpty();
                    }));
  }

  private static Map<String, Consumer<ObjectNode>> typos() {
    Map<String, Consumer<ObjectNode>> typos = new LinkedHashMap<>();
    typos.put("Deployment api unknown field", one -> rename(one, "/spec", "strategy"));
    typos.put(
        "Deployment worker unknown field far down",
        one -> rename(one, "/spec/template/spec/containers/0/livenessProbe", "periodSeconds"));
    typos.put(
        "Deployment worker wrong type",
        one ->
            ((ObjectNode) one.at("/spec/template/spec")).put("terminationGracePeriodSeconds", "x"));
    typos.put(
        "Deployment api missing field", one -> ((ObjectNode) one.path("spec")).remove("selector"));
    typos.put("Service api unknown field", one -> rename(one, "/spec/ports/0", "targetPort"));
    typos.put("NetworkPolicy google unknown field", one -> rename(one, "/spec/egress/0", "ports"));
    typos.put("PodDisruptionBudget api unknown field", one -> rename(one, "/spec", "selector"));
    typos.put(
        "ComputeClass holdfast-gpu-spot unknown field",
        one -> rename(one, "/spec/priorities/0", "spot"));
    typos.put(
        "ComputeClass holdfast-gpu-spot notice of a length that there is not",
        one ->
            ((ObjectNode) one.at("/spec/priorities/0/nodeSystemConfig/kubeletConfig"))
                .put("shutdownGracePeriodSeconds", 60));
    typos.put(
        "ScaledObject worker-spot unknown field", one -> rename(one, "/spec", "cooldownPeriod"));
    typos.put(
        "TriggerAuthentication holdfast-monitoring unknown field",
        one -> rename(one, "/spec/podIdentity", "provider"));
    typos.put(
        "PodMonitoring holdfast-api unknown field",
        one -> rename(one, "/spec/endpoints/0", "interval"));
    typos.put("Rules holdfast unknown field", one -> rename(one, "/spec/groups/0/rules/0", "for"));
    return typos;
  }

  static void rename(ObjectNode manifest, String parent, String field) {
    ObjectNode at = (ObjectNode) manifest.at(parent);
    JsonNode value = at.remove(field);
    assertThat(value).as(parent + "/" + field).isNotNull();
    at.set(field + "s2", value);
  }
}
