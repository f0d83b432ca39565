package dev.holdfast.gcp;

import com.google.cloud.Timestamp;
import com.google.cloud.firestore.DocumentSnapshot;
import com.google.cloud.firestore.FieldValue;
import dev.holdfast.adapter.JsonDocument;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * A record as Firestore holds it: one text that only this house reads, beside the few fields that
 * queries and conditional writes need.
 */
final class JobDocument {

  static final String COLLECTION = "jobs";

  /** The record, as JSON. */
  static final String RECORD = "record";

  static final String VERSION = "version";

  /** A random token of the write that made the document what it is. */
  static final String WRITE = "write";

  /** Which of {@link #BUCKETS} the id falls into. */
  static final String BUCKET = "bucket";

  static final String STATE = "state";
  static final String MODEL = "model";

  /** Each label as one text, see {@link #label}. */
  static final String LABELS = "labels";

  /** See {@link Job#itemsLeft}; it is summed up. */
  static final String ITEMS_LEFT = "itemsLeft";

  static final String CREATED_AT = "createdAt";
  static final String WAKE_AT = "wakeAt";

  /** When Firestore itself may delete the document; only jobs that have ended have it. */
  static final String EXPIRE_AT = "expireAt";

  /**
   * Every index leads with the bucket, because an index that leads with the time takes 500 writes a
   * second and no more (Firestore's documentation, "best practices").
   */
  static final int BUCKETS = 8;

  /** Firestore's limit is 1 MiB for all fields; a new record must have room for its attempts. */
  static final int NEW_BYTES_MAX = 850_000;

  static final int BYTES_MAX = 980_000;

  /** How long after the Reconciler should have deleted a record Firestore does. */
  private static final Duration EXPIRES_AFTER = Duration.ofDays(1);

  private JobDocument() {}

  /**
   * The fields of a new document.
   *
   * @throws JobException if the record is too large
   */
  static Map<String, Object> created(Job job, String token) {
    Map<String, Object> fields = changing(job, token, NEW_BYTES_MAX);
    fields.put(BUCKET, bucket(job.id()));
    fields.put(MODEL, job.spec().model());
    fields.put(
        LABELS, job.spec().labels().entrySet().stream().map(JobDocument::label).sorted().toList());
    fields.put(CREATED_AT, time(job.createdAt()));
    if (job.state().terminal()) {
      fields.put(EXPIRE_AT, expiry(job));
    }
    return fields;
  }

  /**
   * The fields that a later write changes; what the client asked for is not among them.
   *
   * @throws JobException if the record is too large
   */
  static Map<String, Object> replaced(Job job, String token) {
    Map<String, Object> fields = changing(job, token, BYTES_MAX);
    fields.put(EXPIRE_AT, job.state().terminal() ? expiry(job) : FieldValue.delete());
    return fields;
  }

  private static Map<String, Object> changing(Job job, String token, int bytesMax) {
    String record = JsonDocument.JOB.write(job);
    int bytes = record.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > bytesMax) {
      throw JobError.BODY_TOO_LARGE.because(
          "The job's record would have %d bytes, which is more than the %d that are kept with a job; upload its items as an input object."
              .formatted(bytes, bytesMax));
    }
    Map<String, Object> fields = new HashMap<>();
    fields.put(RECORD, record);
    fields.put(VERSION, job.version());
    fields.put(WRITE, token);
    fields.put(STATE, job.state().wireName());
    fields.put(WAKE_AT, time(job.wakeAt()));
    fields.put(ITEMS_LEFT, job.itemsLeft());
    return fields;
  }

  /**
   * @throws IllegalStateException if the document is not one of ours
   */
  static Job job(DocumentSnapshot document) {
    String record = document.getString(RECORD);
    if (record == null) {
      throw new IllegalStateException(
          "A stored document is damaged: %s has no %s"
              .formatted(document.getReference().getPath(), RECORD));
    }
    return JsonDocument.JOB.read(record);
  }

  /** One text for a label, such that no two labels have the same. */
  static String label(Map.Entry<String, String> label) {
    return escape(label.getKey()) + "=" + escape(label.getValue());
  }

  private static String escape(String text) {
    return text.replace("%", "%25").replace("=", "%3D");
  }

  static List<Long> buckets() {
    return LongStream.range(0, BUCKETS).boxed().toList();
  }

  private static long bucket(JobId id) {
    return Math.floorMod(id.value().hashCode(), BUCKETS);
  }

  private static Timestamp expiry(Job job) {
    Instant deleted = job.wakeAt().isAfter(job.keptUntil()) ? job.wakeAt() : job.keptUntil();
    return time(deleted.plus(EXPIRES_AFTER));
  }

  static Timestamp time(Instant instant) {
    return Timestamp.ofTimeSecondsAndNanos(instant.getEpochSecond(), instant.getNano());
  }
}
