package dev.holdfast.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is named in one place and meant in another is the same there. */
@OnKubectl
class NamesTest {

  private static final Pattern SETTING = Pattern.compile("HOLDFAST_[A-Z_]*[A-Z]");
  private static final Pattern IN_CODE = Pattern.compile("\"(holdfast(?:\\.[a-z]+)+)\"");
  private static final Path MONITORING = Path.of("deploy/gke/components/monitoring");

  /** What Prometheus' naming puts behind a name of ours. */
  private static final String ENDINGS = "(_seconds)?(_total|_count|_sum|_max|_bucket)?";

  private static Set<String> found(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .map(MatchResult::group)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String sources() throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        all.append(Files.readString(file));
      }
    }
    return all.toString();
  }

  @Test
  void everySettingThatIsDeployedIsOne() throws IOException {
    Set<String> known = found(SETTING, Files.readString(Path.of("README.md")));
    assertThat(known).contains("HOLDFAST_SCRATCH", "HOLDFAST_GCP_BUCKET");
    for (String overlay : Manifests.OVERLAYS) {
      for (JsonNode one : Manifests.render(overlay).all()) {
        if (Set.of("Deployment", "ConfigMap").contains(Manifests.kind(one))) {
          assertThat(known).containsAll(found(SETTING, one.toString()));
        }
      }
    }
    for (String file : Set.of("Dockerfile.api", "Dockerfile.worker", "skaffold.yaml")) {
      assertThat(known).containsAll(found(SETTING, Files.readString(Path.of(file))));
    }
  }

  @Test
  void everyNumberThatIsWatchedIsCounted() throws IOException {
    Set<String> counted =
        IN_CODE
            .matcher(sources())
            .results()
            .map(match -> match.group(1).replace('.', '_'))
            .collect(Collectors.toSet());
    Set<String> watched = Watched.names();
    assertThat(watched).contains("holdfast_jobs", "holdfast_part_seconds_bucket");
    for (String name : watched) {
      assertThat(counted).as(name).anyMatch(base -> name.matches(base + ENDINGS));
    }
  }

  @Test
  void everyAlertIsExplained() throws IOException {
    String runbook = Files.readString(Path.of("deploy/README.md"));
    JsonNode rules = Manifests.yaml(MONITORING.resolve("rules.yaml")).at("/spec/groups/0/rules");
    assertThat(rules).hasSizeGreaterThan(5);
    for (JsonNode rule : rules) {
      String alert = rule.path("alert").asText();
      assertThat(runbook).contains("#### " + alert + "\n");
      assertThat(rule.at("/annotations/runbook").asText())
          .endsWith("#" + alert.toLowerCase(Locale.ROOT));
    }
  }

  @Test
  void imagesAreThoseThatSkaffoldBuilds() {
    JsonNode skaffold = Manifests.yaml(Path.of("skaffold.yaml"));
    Set<String> built = new TreeSet<>();
    Manifests.each(skaffold.at("/build/artifacts"))
        .forEach(
            artifact -> {
              built.add(artifact.path("image").asText());
              assertThat(Path.of(artifact.at("/docker/dockerfile").asText())).exists();
            });
    Set<String> production = new TreeSet<>();
    Manifests.each(skaffold.at("/profiles/1/build/artifacts"))
        .forEach(artifact -> production.add(artifact.path("image").asText()));
    assertThat(production).isEqualTo(built);
    for (String overlay : Manifests.OVERLAYS) {
      Set<String> ours = new TreeSet<>();
      Manifests.render(overlay)
          .deployments()
          .flatMap(one -> Manifests.containers(Manifests.pod(one)))
          .map(container -> container.path("image").asText())
          .filter(image -> !image.contains("/"))
          .forEach(ours::add);
      assertThat(ours).isEqualTo(built);
    }
    assertThat(skaffold.at("/manifests/kustomize/paths/0").asText())
        .isEqualTo("deploy/gke/overlays/dev");
    assertThat(skaffold.at("/profiles/1/manifests/kustomize/paths/0").asText())
        .isEqualTo("deploy/gke/overlays/prod");
  }

  @Test
  void skaffoldForwardsAndVerifiesWhatIsThere() {
    JsonNode skaffold = Manifests.yaml(Path.of("skaffold.yaml"));
    Manifests dev = Manifests.render("dev");
    JsonNode forward = skaffold.at("/portForward/0");
    JsonNode service = dev.get("Service", forward.path("resourceName").asText());
    assertThat(service.at("/spec/ports/0/port").asInt()).isEqualTo(forward.path("port").asInt());
    assertThat(service.at("/metadata/namespace").asText())
        .isEqualTo(forward.path("namespace").asText());
    assertThat(skaffold.at("/verify/0/container/env/0/value").asText())
        .isEqualTo("http://api." + service.at("/metadata/namespace").asText());
  }

  @Test
  void theImagesModelIsTheOneThatIsDeclared() {
    JsonNode inImage = Manifests.yaml(Path.of("deploy/images/holdfast.yaml"));
    JsonNode deployed = Manifests.yaml(Path.of("deploy/gke/base/models.yaml"));
    assertThat(deployed).isEqualTo(inImage);
    assertThat(inImage.at("/models/0/name"))
        .isEqualTo(Manifests.yaml(Path.of("holdfast.yaml")).at("/models/0/name"));
  }
}
