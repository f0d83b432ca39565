package dev.holdfast.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.firestore.v1.BatchGetDocumentsRequest;
import com.google.firestore.v1.BatchGetDocumentsResponse;
import dev.holdfast.gcp.GcpSetup.Finding;
import dev.holdfast.gcp.GcpSetup.Level;
import io.grpc.Status;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of a database that cannot be read. */
class FirestoreCheckTest {

  @ParameterizedTest
  @CsvSource({
    "NOT_FOUND, is not there, gcloud firestore databases create --database='records'",
    "PERMISSION_DENIED, roles/datastore.user, Grant it",
    "UNAUTHENTICATED, roles/datastore.user, Grant it",
    "UNAVAILABLE, cannot be reached, network",
    "FAILED_PRECONDITION, by a test, run this again"
  })
  void eachReasonHasItsRemedy(Status.Code code, String what, String todo) throws IOException {
    try (GrpcStandIn server = new GrpcStandIn()) {
      server.plays(
          "google.firestore.v1.Firestore/BatchGetDocuments",
          BatchGetDocumentsRequest.getDefaultInstance(),
          BatchGetDocumentsResponse.getDefaultInstance(),
          asked -> {
            throw code.toStatus().withDescription("by a test").asRuntimeException();
          });
      Finding finding =
          FirestoreCheck.check(
              new GcpOptions(
                  "project",
                  Optional.empty(),
                  "records",
                  "bucket",
                  Set.of(),
                  Optional.empty(),
                  Optional.of(server.host()),
                  Optional.empty()));
      assertThat(finding.level()).isEqualTo(Level.PROBLEM);
      assertThat(finding.what()).contains("the database records", what);
      assertThat(finding.todo()).contains(todo);
    }
  }

  @Test
  void noEmulatorBesideAnotherIsToldAndTheServiceIsLeftAlone() {
    Finding finding =
        FirestoreCheck.check(
            new GcpOptions(
                "project",
                Optional.empty(),
                "records",
                "bucket",
                Set.of(),
                Optional.of("localhost:1"),
                Optional.empty(),
                Optional.empty()));
    assertThat(finding.level()).isEqualTo(Level.UNKNOWN);
    assertThat(finding.todo()).contains("FIRESTORE_EMULATOR_HOST");
  }
}
