package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;

import com.google.cloud.firestore.DocumentSnapshot;
import com.google.cloud.firestore.Firestore;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobStore;
import dev.holdfast.world.GoogleEmulators;
import java.util.List;
import java.util.Optional;

/** A store whose calls a test can spoil, and another that sees the same records undisturbed. */
final class FirestoreWorld {

  final RpcFaults faults = new RpcFaults();
  final JobStore store;
  final JobStore another;
  final Firestore spoiled;
  final Firestore sound;

  FirestoreWorld() {
    GcpOptions options = GoogleEmulators.fresh();
    spoiled = FirestoreClient.open(options, List.of(faults));
    sound = FirestoreClient.open(options, List.of());
    store = new FirestoreJobStore(spoiled);
    another = new FirestoreJobStore(sound);
  }

  /** What is really stored. */
  Optional<Job> stored(JobId id) {
    return await(another.get(id));
  }

  /** Whether the document was written exactly once. */
  boolean writtenOnce(JobId id) {
    DocumentSnapshot document = document(id);
    return document.exists()
        && document.getCreateTime() != null
        && document.getCreateTime().equals(document.getUpdateTime());
  }

  DocumentSnapshot document(JobId id) {
    return await(
        GcpFutures.plain(sound.collection(JobDocument.COLLECTION).document(id.value()).get()));
  }

  void close() throws Exception {
    faults.close();
    spoiled.close();
    sound.close();
  }
}
