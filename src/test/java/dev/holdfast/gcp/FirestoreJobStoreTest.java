package dev.holdfast.gcp;

import com.google.cloud.firestore.Firestore;
import dev.holdfast.contract.JobStoreContract;
import dev.holdfast.job.JobStore;
import dev.holdfast.world.GoogleEmulators;
import dev.holdfast.world.OnEmulators;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

@OnEmulators
class FirestoreJobStoreTest extends JobStoreContract {

  private Firestore one;
  private Firestore other;
  private JobStore store;
  private JobStore another;

  @BeforeEach
  void open() {
    GcpOptions options = GoogleEmulators.fresh();
    one = FirestoreClient.open(options, List.of());
    other = FirestoreClient.open(options, List.of());
    store = new FirestoreJobStore(one);
    another = new FirestoreJobStore(other);
  }

  @AfterEach
  void close() throws Exception {
    one.close();
    other.close();
  }

  @Override
  protected JobStore store() {
    return store;
  }

  @Override
  protected JobStore another() {
    return another;
  }
}
