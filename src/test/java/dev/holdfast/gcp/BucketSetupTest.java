package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.storage.BucketInfo;
import com.google.cloud.storage.BucketInfo.IamConfiguration;
import com.google.cloud.storage.BucketInfo.SoftDeletePolicy;
import dev.holdfast.emulator.StorageEndpoint;
import dev.holdfast.gcp.GcpSetup.Finding;
import dev.holdfast.gcp.GcpSetup.Level;
import dev.holdfast.gcp.HttpFaults.Fault;
import dev.holdfast.gcp.HttpFaults.Kind;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Making and checking the bucket, against the stand-in for Cloud Storage. */
class BucketSetupTest extends StorageEndpointFixture {

  private static final String NAME = "results";
  private static final String REGION = "europe-west4";

  private static GcpOptions options(String url, Optional<String> region) {
    return new GcpOptions(
        "project",
        region,
        GcpOptions.DEFAULT_DATABASE,
        NAME,
        Set.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(url));
  }

  private static BucketSetup setup(String url) {
    return BucketSetup.open(options(url, Optional.of(REGION)));
  }

  private static void assertProblem(List<Finding> findings, String what, String todo) {
    assertThat(findings)
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.level()).isEqualTo(Level.PROBLEM);
              assertThat(finding.what()).contains(what);
              assertThat(finding.todo()).contains(todo);
            });
  }

  /** As gcp init makes it. */
  private static BucketInfo.Builder sound() {
    return BucketInfo.newBuilder(NAME)
        .setLocation(REGION)
        .setSoftDeletePolicy(
            SoftDeletePolicy.newBuilder().setRetentionDuration(Duration.ZERO).build())
        .setIamConfiguration(
            IamConfiguration.newBuilder().setIsUniformBucketLevelAccessEnabled(true).build());
  }

  private void assertBothFind(BucketInfo.Builder bucket, String what, String todo) {
    storage.create(bucket.build());
    try (BucketSetup setup = setup(endpoint.url())) {
      assertProblem(setup.check(), what, todo);
      assertProblem(setup.init(), what, todo);
    }
  }

  @Test
  void whatInitMakesIsAsItMustBeAlsoAfterARestart() {
    try (BucketSetup setup = setup(endpoint.url())) {
      assertProblem(setup.check(), "is missing", "./holdfast gcp init");
      assertThat(setup.init()).containsExactly(Finding.ok("bucket results: made"));
      assertThat(setup.check()).containsExactly(Finding.ok("bucket results"));
      assertThat(setup.init()).containsExactly(Finding.ok("bucket results"));
    }
    await(endpoint.close());
    endpoint = await(StorageEndpoint.start(vertx, 0, directory.resolve("objects")));
    try (BucketSetup setup = setup(endpoint.url())) {
      assertThat(setup.check()).containsExactly(Finding.ok("bucket results"));
    }
  }

  @Test
  void aBucketElsewhereIsToldAndLeft() {
    assertBothFind(
        sound().setLocation("us-central1"),
        "is in US-CENTRAL1, not in europe-west4",
        "A bucket cannot move");
  }

  @Test
  void anyPlaceWillDoWhereNoRegionIsNamed() {
    storage.create(sound().setLocation("us-central1").build());
    try (BucketSetup setup = BucketSetup.open(options(endpoint.url(), Optional.empty()))) {
      assertThat(setup.check()).containsExactly(Finding.ok("bucket results"));
    }
  }

  @Test
  void deletedObjectsThatAreKeptAreTold() {
    assertBothFind(
        sound()
            .setSoftDeletePolicy(
                SoftDeletePolicy.newBuilder().setRetentionDuration(Duration.ofDays(7)).build()),
        "keeps deleted objects, which are billed, for 7 days",
        "gcloud storage buckets update gs://results --clear-soft-delete");
  }

  @Test
  void accessListsOnObjectsAreTold() {
    assertBothFind(
        sound()
            .setIamConfiguration(
                IamConfiguration.newBuilder().setIsUniformBucketLevelAccessEnabled(false).build()),
        "has access lists on single objects",
        "--uniform-bucket-level-access");
  }

  @Test
  void allThatIsWrongIsToldAtOnce() {
    storage.create(
        BucketInfo.newBuilder(NAME)
            .setLocation("US")
            .setSoftDeletePolicy(
                SoftDeletePolicy.newBuilder().setRetentionDuration(Duration.ofDays(90)).build())
            .setIamConfiguration(
                IamConfiguration.newBuilder().setIsUniformBucketLevelAccessEnabled(false).build())
            .build());
    try (BucketSetup setup = setup(endpoint.url())) {
      assertThat(setup.check()).hasSize(3).extracting(Finding::level).containsOnly(Level.PROBLEM);
    }
  }

  @Test
  void aCreationWhoseReplyWasLostIsOurs() {
    try (HttpFaults faults = new HttpFaults(endpoint.url());
        BucketSetup setup = setup(faults.url())) {
      faults.next(Kind.MAKE_BUCKET, Fault.CUT, 1);
      assertThat(setup.init()).containsExactly(Finding.ok("bucket results: made"));
      assertThat(setup.check()).containsExactly(Finding.ok("bucket results"));
    }
  }

  @Test
  void aBucketThatMayNotBeSeenIsSomebodyElsesOrWantsARole() {
    try (HttpFaults faults = new HttpFaults(endpoint.url());
        BucketSetup setup = setup(faults.url())) {
      faults.next(Kind.BUCKET, Fault.FORBIDDEN, 2);
      assertProblem(setup.check(), "bucket results cannot be", "roles/storage.admin");
      assertProblem(setup.init(), "bucket results cannot be", "another name");
    }
  }

  @Test
  void aServiceThatIsDownIsNotTakenForAMissingRole() {
    try (HttpFaults faults = new HttpFaults(endpoint.url());
        BucketSetup setup = setup(faults.url())) {
      faults.next(Kind.BUCKET, Fault.UNAVAILABLE, 50);
      List<Finding> findings = setup.check();
      assertProblem(findings, "bucket results cannot be", "again");
      assertThat(findings.get(0).todo()).doesNotContain("roles/");
    }
  }

  @Test
  void theEndpointIsFoundByHostAndPortToo() {
    try (BucketSetup setup = setup(endpoint.url().replace("http://", ""))) {
      assertThat(setup.init()).containsExactly(Finding.ok("bucket results: made"));
    }
  }

  @Test
  void theProjectsNumberIsUnknownWhereTheBucketDoesNotSay() {
    try (BucketSetup setup = setup(endpoint.url())) {
      assertThat(setup.projectNumber()).isEmpty();
      setup.init();
      assertThat(setup.projectNumber()).isEmpty();
    }
  }

  @Test
  void theStandInRefusesADescriptionThatIsNone() throws Exception {
    HttpClient http = HttpClient.newHttpClient();
    for (String description :
        List.of(
            "[]",
            "nonsense",
            "{}",
            "{\"name\": 1}",
            "{\"name\": \"abc\", \"location\": 1}",
            "{\"name\": \"abc\", \"softDeletePolicy\": \"no\"}",
            "{\"name\": \"abc\", \"iamConfiguration\": []}")) {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(URI.create(endpoint.url() + "/storage/v1/b?project=p"))
                  .POST(HttpRequest.BodyPublishers.ofString(description))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(description).isEqualTo(400);
      assertThat(new JsonObject(answer.body()).getJsonObject("error").getString("message"))
          .isNotEmpty();
    }
    refused(404, () -> storage.list("abc"));
  }
}
