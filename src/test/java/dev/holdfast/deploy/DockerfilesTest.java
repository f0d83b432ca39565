package dev.holdfast.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What both Dockerfiles must keep. That they build and run is shown by "make images-test". */
class DockerfilesTest {

  @ParameterizedTest
  @ValueSource(strings = {"api", "worker"})
  void theImageIsMadeToBeLockedUp(String role) throws IOException {
    String dockerfile = Files.readString(Path.of("Dockerfile." + role));
    assertThat(dockerfile)
        .as("a syntax line would be pulled from a registry")
        .doesNotContain("# syntax=");
    assertThat(dockerfile).contains("\nUSER 65532:65532\n").contains("useradd --uid 65532");
    assertThat(dockerfile)
        .as("Java is process 1, so that it hears SIGTERM")
        .contains("\nENTRYPOINT [\"java\", ")
        .contains("\nCMD [\"" + role + "\"]\n");
    assertThat(dockerfile)
        .contains("FROM ${RUNTIME_IMAGE}")
        .contains("org.opencontainers.image.revision")
        .contains("sbom.cyclonedx.json");
    assertThat(dockerfile.indexOf("holdfast.jar /opt/holdfast/holdfast.jar"))
        .as("what changes most is copied last")
        .isGreaterThan(dockerfile.indexOf("/lib /opt/holdfast/lib"));
  }
}
