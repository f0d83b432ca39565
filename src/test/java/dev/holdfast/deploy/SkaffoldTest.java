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

  @Test
  void theFileIsLawful() {
    // the schema does not look at the version
    assertThat(FILE.path("apiVersion").asText()).isEqualTo("skaffold/v4beta14");
    if (Schemas.present()) {
      assertThat(Schemas.wrongForSkaffold(FILE)).isEmpty();
    }
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
    assertThat(
            Stream.of("", "/profiles/0", "/profiles/1")
                .map(profile -> FILE.at(profile + "/manifests/kustomize/paths/0").asText())
                .map(path -> path.replace("deploy/gke/overlays/", "")))
        .containsExactlyElementsOf(Manifests.OVERLAYS);
  }

  /** A build argument that no Dockerfile takes would be dropped with a warning. */
  @Test
  void everyBuildArgumentIsTaken() throws IOException {
    int arguments = 0;
    for (String artifacts : List.of("/build/artifacts", "/profiles/0/build/artifacts")) {
      for (JsonNode artifact : FILE.at(artifacts)) {
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
