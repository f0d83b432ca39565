package dev.holdfast.gcp;

import com.google.cloud.firestore.AggregateField;
import com.google.cloud.firestore.AggregateQuery;
import com.google.cloud.firestore.AggregateQuerySnapshot;
import com.google.cloud.firestore.CollectionReference;
import com.google.cloud.firestore.FieldPath;
import com.google.cloud.firestore.Query;
import com.google.cloud.firestore.Query.Direction;
import dev.holdfast.adapter.PageCursor;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Every query that is asked about records. Each needs its index in {@code
 * deploy/gcp/firestore.indexes.json}; the emulator answers without, Firestore does not.
 */
final class JobQueries {

  private final CollectionReference jobs;

  JobQueries(CollectionReference jobs) {
    this.jobs = jobs;
  }

  private Query all() {
    return jobs.whereIn(JobDocument.BUCKET, JobDocument.buckets());
  }

  /**
   * One record more than the page holds, to know whether another page follows.
   *
   * @throws JobException if the cursor or the limit is not lawful
   */
  Query page(JobStore.Query wanted) {
    int limit = PageCursor.checkedLimit(wanted.limit());
    Query query = all();
    JobState state = wanted.state();
    if (state != null) {
      query = query.whereEqualTo(JobDocument.STATE, state.wireName());
    }
    String model = wanted.model();
    if (model != null) {
      query = query.whereEqualTo(JobDocument.MODEL, model);
    }
    Map.Entry<String, String> label = wanted.label();
    if (label != null) {
      query = query.whereArrayContains(JobDocument.LABELS, JobDocument.label(label));
    }
    query =
        query
            .orderBy(JobDocument.CREATED_AT, Direction.DESCENDING)
            .orderBy(FieldPath.documentId(), Direction.DESCENDING)
            .limit(limit + 1);
    String cursor = wanted.cursor();
    if (cursor == null) {
      return query;
    }
    PageCursor last = PageCursor.parse(cursor);
    JobId id = last.id();
    return query.startAfter(JobDocument.time(Instant.ofEpochMilli(last.createdAt())), id.value());
  }

  Query due(Instant now, int limit) {
    return all()
        .whereLessThanOrEqualTo(JobDocument.WAKE_AT, JobDocument.time(now))
        .orderBy(JobDocument.WAKE_AT)
        .limit(limit);
  }

  AggregateQuery count(JobState state) {
    return jobs.whereEqualTo(JobDocument.STATE, state.wireName()).count();
  }

  /**
   * Jobs of a state and their items, as {@link #load} reads them. Billed as one read for each
   * thousand of them.
   */
  AggregateQuery backlog(JobState state) {
    return all()
        .whereEqualTo(JobDocument.STATE, state.wireName())
        .aggregate(AggregateField.count(), AggregateField.sum(JobDocument.ITEMS_LEFT));
  }

  static JobStore.Load load(AggregateQuerySnapshot answer) {
    Number items = (Number) answer.get(AggregateField.sum(JobDocument.ITEMS_LEFT));
    return new JobStore.Load(answer.getCount(), items == null ? 0 : items.longValue());
  }

  private Query waiting() {
    return all()
        .whereIn(
            JobDocument.STATE,
            List.of(JobState.QUEUED.wireName(), JobState.INTERRUPTED.wireName()));
  }

  AggregateQuery waitingBefore(Instant createdAt) {
    return waiting().whereLessThan(JobDocument.CREATED_AT, JobDocument.time(createdAt)).count();
  }

  /** The record that waits longest for a worker; of it only when it was created. */
  Query oldestWaiting() {
    return waiting().orderBy(JobDocument.CREATED_AT).select(JobDocument.CREATED_AT).limit(1);
  }
}
