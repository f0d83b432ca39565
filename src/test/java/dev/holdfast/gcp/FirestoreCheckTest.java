package dev.holdfast.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.firestore.v1.BatchGetDocumentsRequest;
import com.google.firestore.v1.BatchGetDocumentsResponse;
import com.google.protobuf.Timestamp;
import dev.holdfast.gcp.GcpSetup.Finding;
import dev.holdfast.gcp.GcpSetup.Level;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of a database that cannot be read. */
class FirestoreCheckTest {

  /** As FirestoreCalls has it. */
  private static final int TRIES_OF_ONE_CALL = 6;

  @ParameterizedTest
  @CsvSource({
    "NOT_FOUND, is not there, gcloud firestore databases create --database='records'",
    "PERMISSION_DENIED, roles/datastore.user, Grant it",
    "UNAUTHENTICATED, roles/datastore.user, Grant it",
    "UNAVAILABLE, within 1 s, network",
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
              options(Optional.empty(), Optional.of(server.host())), Duration.ofSeconds(1));
      assertThat(finding.level()).isEqualTo(Level.PROBLEM);
      assertThat(finding.what()).contains("database records", what);
      assertThat(finding.todo()).contains(todo);
    }
  }

  @Test
  void aDatabaseThatIsSlowToAwakeIsWaitedFor() throws IOException {
    AtomicInteger calls = new AtomicInteger();
    try (GrpcStandIn server = new GrpcStandIn()) {
      server.plays(
          "google.firestore.v1.Firestore/BatchGetDocuments",
          BatchGetDocumentsRequest.getDefaultInstance(),
          BatchGetDocumentsResponse.getDefaultInstance(),
          asked -> {
            if (calls.incrementAndGet() <= TRIES_OF_ONE_CALL) {
              throw Status.UNAVAILABLE.asRuntimeException();
            }
            return BatchGetDocumentsResponse.newBuilder()
                .setMissing(asked.getDocuments(0))
                .setReadTime(Timestamp.newBuilder().setSeconds(1))
                .build();
          });
      assertThat(FirestoreCheck.check(options(Optional.empty(), Optional.of(server.host()))))
          .isEqualTo(Finding.ok("Firestore database records"));
    }
  }

  private static GcpOptions options(Optional<String> pubSub, Optional<String> firestore) {
    return new GcpOptions(
        "project",
        Optional.empty(),
        "records",
        "bucket",
        Set.of(),
        pubSub,
        firestore,
        Optional.empty());
  }

  @Test
  void noEmulatorBesideAnotherIsToldAndTheServiceIsLeftAlone() {
    Finding finding = FirestoreCheck.check(options(Optional.of("localhost:1"), Optional.empty()));
    assertThat(finding.level()).isEqualTo(Level.UNKNOWN);
    assertThat(finding.todo()).contains("FIRESTORE_EMULATOR_HOST");
  }
}
