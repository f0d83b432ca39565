package dev.holdfast.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Skaffold's file by itself; skaffold has never read it here. */
class SkaffoldTest {

  private static final JsonNode FILE = Manifests.yaml(Path.of("skaffold.yaml"));

  private static final JsonNode PROD = FILE.at("/profiles/1");

  @Test
  void theFileIsLawful() {
    // the schema does not look at the version
    assertThat(FILE.path("apiVersion").asText()).isEqualTo("skaffold/v4beta14");
    assertThat(Schemas.wrongForSkaffold(FILE)).isEmpty();
  }

  @TestFactory
  Stream<DynamicTest> typosAreFound() {
    return Stream.of("/build/local useBuildkit", "/deploy kubectl", "/verify/0/container image")
        .filter(typo -> Schemas.present())
        .map(
            typo ->
                DynamicTest.dynamicTest(
                    typo,
                    () -> {
                      ObjectNode damaged = FILE.deepCopy();
                      SchemaTest.rename(damaged, typo.split(" ", 2)[0], typo.split(" ", 2)[1]);
                      assertThat(Schemas.wrongForSkaffold(damaged)).isNotEmpty();
                    }));
  }

  @Test
  void everyOverlayCanBeDeployed() {
    assertThat(Manifests.each(FILE.path("profiles")).map(profile -> profile.path("name").asText()))
        .containsExactlyElementsOf(Manifests.OVERLAYS);
    for (JsonNode profile : FILE.path("profiles")) {
      assertThat(overlay(profile)).isEqualTo(profile.path("name").asText());
    }
    assertThat(overlay(FILE)).as("without a profile").isEqualTo("dev");
  }

  private static String overlay(JsonNode part) {
    return part.at("/manifests/kustomize/paths/0").asText().replace("deploy/gke/overlays/", "");
  }

  /**
   * What only production has done to it is built by Cloud Build, and what is not, is built here.
   */
  @Test
  void productionIsBuiltInTheCloudAndDevelopmentHere() {
    assertThat(FILE.at("/build/local/push").asBoolean(true)).isFalse();
    assertThat(PROD.at("/build/googleCloudBuild").isObject()).isTrue();
    assertThat(FILE.at("/profiles/0/build").isMissingNode()).isTrue();
  }

  /** The smoke test is one job from its submission to its end, by the image that is deployed. */
  @Test
  void theSmokeTestIsAJob() {
    assertThat(FILE.at("/verify/0/container/args").toString()).contains("submit", "--watch");
    assertThat(FILE.at("/verify/0/container/image")).isEqualTo(FILE.at("/build/artifacts/0/image"));
    assertThat(FILE.at("/verify/0/executionMode").has("kubernetesCluster")).isTrue();
  }

  /** A build argument that no Dockerfile takes would be dropped with a warning. */
  @Test
  void everyBuildArgumentIsTaken() throws IOException {
    int arguments = 0;
    for (JsonNode part : List.of(FILE, PROD)) {
      for (JsonNode artifact : part.at("/build/artifacts")) {
        String dockerfile = Files.readString(Path.of(artifact.at("/docker/dockerfile").asText()));
        for (var argument : artifact.at("/docker/buildArgs").properties()) {
          arguments++;
          assertThat(dockerfile)
              .contains("\nARG " + argument.getKey())
              .contains("AS runtime-" + argument.getValue().asText());
        }
      }
    }
    assertThat(arguments).isEqualTo(2);
  }
}
