package dev.holdfast.gcp;

import com.google.cloud.firestore.CollectionReference;
import com.google.cloud.firestore.DocumentReference;
import com.google.cloud.firestore.Firestore;
import com.google.cloud.firestore.Query;
import dev.holdfast.adapter.CallerContext;
import dev.holdfast.adapter.JsonDocument;
import dev.holdfast.gcp.CallFailure.Role;
import dev.holdfast.job.WorkerRoster;
import io.vertx.core.Future;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Each worker's newest report as a document, which Firestore deletes some time after the last. */
final class FirestoreWorkerRoster implements WorkerRoster {

  static final String COLLECTION = "workers";

  /** The report, as JSON. */
  static final String REPORT = "report";

  static final String SEEN_AT = "seenAt";

  /** When Firestore itself may delete the document. */
  static final String EXPIRE_AT = "expireAt";

  private static final Duration EXPIRES_AFTER = Duration.ofHours(1);

  private final CollectionReference workers;

  FirestoreWorkerRoster(Firestore firestore) {
    workers = firestore.collection(COLLECTION);
  }

  /**
   * A worker's id is the operator's choice, and not all are lawful names of documents: a slash, a
   * lone dot and underscores at both ends are not.
   */
  private DocumentReference document(String worker) {
    return workers.document("w-" + URLEncoder.encode(worker, StandardCharsets.UTF_8));
  }

  static Map<String, Object> fields(WorkerReport report) {
    return Map.of(
        REPORT,
        JsonDocument.WORKER.write(report),
        SEEN_AT,
        JobDocument.time(report.seenAt()),
        EXPIRE_AT,
        JobDocument.time(report.seenAt().plus(EXPIRES_AFTER)));
  }

  @Override
  public Future<Void> report(WorkerReport report) {
    return CallerContext.here(
        CallFailure.named(
                "keep the report of worker " + report.id(),
                Role.DATASTORE_USER,
                () -> document(report.id()).set(fields(report)))
            .mapEmpty());
  }

  @Override
  public Future<Void> leave(String worker) {
    return CallerContext.here(
        CallFailure.named(
                "take worker %s off the list".formatted(worker),
                Role.DATASTORE_USER,
                () -> document(worker).delete())
            .mapEmpty());
  }

  @Override
  public Future<List<WorkerReport>> list(Instant since) {
    return CallerContext.here(
        CallFailure.named("list the workers", Role.DATASTORE_USER, () -> reportedAfter(since).get())
            .map(
                found ->
                    found.getDocuments().stream()
                        .map(document -> document.getString(REPORT))
                        .map(JsonDocument.WORKER::read)
                        .sorted(Comparator.comparing(WorkerReport::id))
                        .toList()));
  }

  Query reportedAfter(Instant since) {
    return workers.whereGreaterThan(SEEN_AT, JobDocument.time(since));
  }
}
