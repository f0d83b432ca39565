package dev.holdfast.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What Terraform makes and what is deployed on it go by the same names. */
@OnKubectl
class TerraformNamesTest {

  private static final Path DIRECTORY = Path.of("deploy/gcp");
  private static final Pattern ACCOUNT = Pattern.compile("/sa/(holdfast-[a-z]+)\"");
  private static final Pattern SETTING = Pattern.compile("(?m)^ *(HOLDFAST_[A-Z_]+)=");

  private static String text(String file) throws IOException {
    return Files.readString(DIRECTORY.resolve(file)).replaceAll("[ \t]+", " ");
  }

  private static Set<String> found(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .map(match -> match.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void rightsGoToTheAccountsThatAreDeployed() throws IOException {
    Manifests deployed = Manifests.render("prod");
    Set<String> accounts =
        deployed
            .of("ServiceAccount")
            .map(Manifests::name)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(found(ACCOUNT, text("iam.tf"))).isEqualTo(accounts).hasSize(2);
    assertThat(text("variables.tf"))
        .contains(
            "default = \""
                + deployed.of("Namespace").map(Manifests::name).findFirst().orElseThrow()
                + "\"");
  }

  @Test
  void settingsAreThoseThatTheOverlayReads() throws IOException {
    Set<String> told = found(SETTING, text("outputs.tf"));
    assertThat(told)
        .contains("HOLDFAST_GCP_PROJECT", "HOLDFAST_GCP_BUCKET")
        .isEqualTo(
            found(SETTING, Files.readString(Path.of("deploy/gke/overlays/prod/settings.env"))));
    JsonNode map = Manifests.render("prod").settings().path("data");
    assertThat(told).allMatch(map::has);
  }

  @Test
  void nodePoolsBelongToTheSpotFleetsClass() throws IOException {
    String machines =
        Manifests.render("prod")
            .get("Deployment", "worker-spot")
            .at("/spec/template/spec/nodeSelector/cloud.google.com~1compute-class")
            .asText();
    assertThat(machines).isNotEmpty();
    assertThat(
            Pattern.compile("compute-class\" = \"([a-z-]+)\"|value = \"(holdfast-[a-z-]+)\"")
                .matcher(text("cluster.tf"))
                .results()
                .map(MatchResult::group))
        .hasSize(2)
        .allMatch(line -> line.endsWith("\"" + machines + "\""));
  }

  /** The addresses that the network policies let through are those that the names lead to. */
  @Test
  void googleIsReachedAtTheAddressesThatAreLetThrough() throws IOException {
    String policies = Manifests.render("prod").get("NetworkPolicy", "google").toString();
    assertThat(policies).contains("\"199.36.153.8/30\"");
    for (int last = 8; last < 12; last++) {
      assertThat(text("cluster.tf")).contains("\"199.36.153." + last + "\"");
    }
  }

  /** The control plane's own address is one of the nodes' subnet, where nodes are private. */
  @Test
  void theControlPlaneIsReachedWhereItIs() throws IOException {
    String block =
        Manifests.render("prod")
            .get("NetworkPolicy", "kubernetes")
            .at("/spec/egress/0/to/0/ipBlock/cidr")
            .asText();
    assertThat(text("cluster.tf"))
        .contains("name = \"holdfast-nodes\"")
        .contains("ip_cidr_range = \"" + block + "\"\n private_ip_google_access = true");
  }
}
