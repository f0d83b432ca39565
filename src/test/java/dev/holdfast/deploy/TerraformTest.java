package dev.holdfast.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.bertramlabs.plugins.hcl4j.HCLParser;
import com.bertramlabs.plugins.hcl4j.HCLParserException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Terraform's files can be read, and grant what the code needs. They were never applied here. */
class TerraformTest {

  private static final Path DIRECTORY = Path.of("deploy/gcp");
  private static final Pattern RESOURCE =
      Pattern.compile("(?ms)^resource \"([a-z_]+)\" \"([a-z_]+)\" \\{\n(.*?)^}");
  private static final Pattern REFERENCE =
      Pattern.compile("google_[a-z_]+\\.[a-z_]+|local\\.(members|subjects|pubsub_agent)");

  private static List<Path> files() {
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      return files.filter(f -> f.toString().endsWith(".tf")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(String file) throws IOException {
    return Files.readString(DIRECTORY.resolve(file)).replaceAll("[ \t]+", " ");
  }

  @TestFactory
  Stream<DynamicTest> everyFileCanBeRead() {
    assertThat(files()).hasSizeGreaterThan(5);
    return files().stream()
        .map(
            file ->
                DynamicTest.dynamicTest(
                    file.getFileName().toString(), () -> assertThat(parsed(file)).isTrue()));
  }

  private static boolean parsed(Path file) throws IOException, HCLParserException {
    return !new HCLParser().parse(file.toFile(), "UTF-8").isEmpty();
  }

  @Test
  void namesComeFromTheOneFile() throws IOException {
    JsonNode layout =
        JsonMapper.builder().build().readTree(DIRECTORY.resolve("pubsub.json").toFile());
    assertThat(text("main.tf")).contains("file(\"${path.module}/pubsub.json\")");
    for (JsonNode topic : layout.path("topics")) {
      for (Path file : files()) {
        assertThat(Files.readString(file)).doesNotContain(topic.asText());
      }
    }
    for (String setting :
        List.of(
            "ack_deadline_seconds = each.value.ack_deadline_seconds",
            "message_retention_duration = \"${each.value.message_retention_seconds}s\"",
            "each.value.expires_after_seconds == null ? \"\"",
            "max_delivery_attempts = dead_letter_policy.value.max_delivery_attempts")) {
      assertThat(text("pubsub.tf")).contains(setting);
    }
    assertThat(text("pubsub.tf")).doesNotContain("retry_policy");
  }

  @Test
  void theBrokersAgentHasBothGrants() throws IOException {
    String pubsub = text("pubsub.tf");
    assertThat(pubsub)
        .contains("@gcp-sa-pubsub.iam.gserviceaccount.com")
        .contains(
            "topic = google_pubsub_topic.all[\"dead\"].name\n role = \"roles/pubsub.publisher\"")
        .contains(
            "subscription = google_pubsub_subscription.all[\"jobs\"].name\n role ="
                + " \"roles/pubsub.subscriber\"");
  }

  /** Whatever waits for nothing else waits for the services, or the first apply fails half-way. */
  @Test
  void nothingIsMadeBeforeItsServiceIsOn() throws IOException {
    int made = 0;
    for (Path file : files()) {
      Matcher resource = RESOURCE.matcher(Files.readString(file));
      while (resource.find()) {
        String body = resource.group(3);
        if (!resource.group(1).equals("google_project_service")) {
          made++;
          assertThat(REFERENCE.matcher(body).find())
              .as(resource.group(1) + " " + resource.group(2))
              .isTrue();
        }
      }
    }
    assertThat(made).isGreaterThan(20);
    for (String service :
        List.of("compute", "container", "dns", "firestore", "iam", "pubsub", "storage")) {
      assertThat(text("main.tf")).contains("\"" + service + ".googleapis.com\"");
    }
  }

  /** The pool of Workload Identity comes with the cluster, and rights in it are refused before. */
  @Test
  void rightsWaitForTheCluster() throws IOException {
    assertThat(text("iam.tf"))
        .contains("pool = var.create_cluster ? google_container_cluster.this[0].")
        .contains("workloadIdentityPools/${local.pool}/subject\"");
  }

  @Test
  void everyProcessMayHaveASubscriptionOfItsOwn() throws IOException {
    String iam = text("iam.tf");
    assertThat(iam)
        .contains("api = \"${local.subjects}/ns/")
        .contains("worker = \"${local.subjects}");
    for (String permission : List.of("create", "delete", "consume", "get")) {
      assertThat(iam).contains("\"pubsub.subscriptions." + permission + "\"");
    }
    assertThat(iam)
        .contains("\"hears_events\"")
        .contains("topic = google_pubsub_topic.all[\"events\"].name");
  }

  /** What the code calls, resource by resource, and nothing that could do more. */
  @Test
  void everyRightThatIsUsedIsGivenAndNoOther() throws IOException {
    assertThat(text("iam.tf"))
        .contains("api-jobs = { who = \"api\", topic = \"jobs\" }")
        .contains("api-events = { who = \"api\", topic = \"events\" }")
        .contains("worker-events = { who = \"worker\", topic = \"events\" }")
        .contains("worker-dead = { who = \"worker\", topic = \"dead\" }")
        .contains("worker-jobs = { who = \"worker\", subscription = \"jobs\" }")
        .contains("api-dead = { who = \"api\", subscription = \"dead\" }")
        .contains("role = \"roles/monitoring.viewer\"\n member = \"${local.subjects}/ns/keda/sa/");
    assertThat(
            Pattern.compile("\"roles/([a-zA-Z.]+)\"")
                .matcher(text("iam.tf"))
                .results()
                .map(role -> role.group(1))
                .distinct())
        .containsExactlyInAnyOrder(
            "pubsub.publisher",
            "pubsub.subscriber",
            "storage.objectUser",
            "storage.objectViewer",
            "datastore.user",
            "monitoring.viewer");
  }

  @Test
  void theDatabaseForgetsAndIsAskedByIndexes() throws IOException {
    assertThat(text("firestore.tf"))
        .contains("for_each = local.indexes")
        .contains("for_each = local.fields")
        .contains("for_each = try(each.value.ttl, false) ? [1] : []")
        .contains("delete_protection_state = \"DELETE_PROTECTION_ENABLED\"");
    assertThat(text("main.tf")).contains("file(\"${path.module}/firestore.indexes.json\")");
  }

  /** What deploy/gke takes for granted. */
  @Test
  void theClusterHasWhatIsDeployedOnIt() throws IOException {
    assertThat(text("cluster.tf"))
        .contains("workload_pool = \"${var.project}.svc.id.goog\"")
        .contains("datapath_provider = \"ADVANCED_DATAPATH\"")
        .contains("managed_prometheus {\n enabled = true")
        .contains("gateway_api_config {\n channel = \"CHANNEL_STANDARD\"")
        .contains("purpose = \"REGIONAL_MANAGED_PROXY\"")
        .contains("enable_private_nodes = true")
        .contains("spot = true")
        .contains("total_min_node_count = 0");
  }

  @Test
  void whatIsDeletedIsGone() throws IOException {
    assertThat(text("storage.tf"))
        .contains("soft_delete_policy {\n retention_duration_seconds = 0\n }")
        .contains("matches_prefix = [\"inputs/\", \"results/\"]");
  }
}
