package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.firestore.Firestore;
import dev.holdfast.contract.Jobs;
import dev.holdfast.contract.WorkerRosterContract;
import dev.holdfast.job.Job;
import dev.holdfast.job.WorkerRoster;
import dev.holdfast.job.WorkerRoster.WorkerReport;
import dev.holdfast.world.GoogleEmulators;
import dev.holdfast.world.OnEmulators;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@OnEmulators
class FirestoreWorkerRosterTest extends WorkerRosterContract {

  private Firestore one;
  private Firestore other;

  @BeforeEach
  void open() {
    GcpOptions options = GoogleEmulators.fresh();
    one = FirestoreClient.open(options, List.of());
    other = FirestoreClient.open(options, List.of());
  }

  @AfterEach
  void close() throws Exception {
    one.close();
    other.close();
  }

  @Override
  protected WorkerRoster roster() {
    return new FirestoreWorkerRoster(one);
  }

  @Override
  protected WorkerRoster another() {
    return new FirestoreWorkerRoster(other);
  }

  @Test
  void aWorkersNameMayBeOneThatNoDocumentCanHave() {
    List<String> names = List.of("", ".", "..", "__id__", "a/b", "a%2Fb", "a b", "a+b", "ä|\n");
    for (String name : names) {
      await(roster().report(report(name)));
    }
    assertThat(await(another().list(Jobs.NOON.minusSeconds(1))))
        .extracting(WorkerReport::id)
        .containsExactlyInAnyOrderElementsOf(names);
    for (String name : names) {
      await(another().leave(name));
    }
    assertThat(await(roster().list(Jobs.NOON.minusSeconds(1)))).isEmpty();
  }

  private static WorkerReport report(String id) {
    return new WorkerReport(
        id,
        "host",
        Job.Place.UNKNOWN,
        1,
        Jobs.NOON,
        Jobs.NOON,
        true,
        null,
        Map.of(),
        1,
        0,
        0,
        0,
        8081);
  }
}
