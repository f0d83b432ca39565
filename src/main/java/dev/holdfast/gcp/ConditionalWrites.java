package dev.holdfast.gcp;

import com.google.api.core.ApiFuture;
import com.google.api.gax.rpc.StatusCode.Code;
import com.google.cloud.Timestamp;
import com.google.cloud.firestore.CollectionReference;
import com.google.cloud.firestore.DocumentReference;
import com.google.cloud.firestore.DocumentSnapshot;
import com.google.cloud.firestore.FieldMask;
import com.google.cloud.firestore.Precondition;
import com.google.cloud.firestore.WriteResult;
import dev.holdfast.gcp.CallFailure.Role;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobStore.Created;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The writes of records, each on the condition that the document was not written since a known
 * time. Futures complete on the library's threads.
 *
 * <p>The library repeats a write whose reply was lost, and then hears that its condition no longer
 * holds. So each write leaves a token of its own in the document; a write that is told of a
 * conflict first looks whether the token there is its own.
 */
final class ConditionalWrites {

  /** Writes of one change before it is given up; the second is for a memory out of date. */
  private static final int WRITES_MAX = 4;

  /** No step of a change begins later than this, so that the last one ends within 5 s. */
  private static final Duration LAST_STEP = Duration.ofSeconds(2);

  /** What Firestore answers to a write whose condition does not hold or that lost to another. */
  private static final Set<Code> CONFLICTS =
      EnumSet.of(Code.ALREADY_EXISTS, Code.FAILED_PRECONDITION, Code.NOT_FOUND, Code.ABORTED);

  private static final FieldMask HEAD = FieldMask.of(JobDocument.VERSION, JobDocument.WRITE);

  private final CollectionReference jobs;
  private final UpdateTimes times;

  ConditionalWrites(CollectionReference jobs, UpdateTimes times) {
    this.jobs = jobs;
    this.times = times;
  }

  private DocumentReference document(JobId id) {
    return jobs.document(id.value());
  }

  /**
   * @throws JobException if the record is too large
   */
  Future<Created> create(Job job) {
    String token = JobId.randomToken();
    return create(new Creation(job, JobDocument.created(job, token), token, System.nanoTime()), 1);
  }

  /**
   * @param began by the machine's running time, in nanoseconds
   */
  private record Creation(Job job, Map<String, Object> fields, String token, long began) {}

  private Future<Created> create(Creation creation, int writes) {
    Job job = creation.job();
    return CallFailure.named(
            "create the record of " + job.id(),
            Role.DATASTORE_USER,
            () -> document(job.id()).create(creation.fields()))
        .map(
            done -> {
              times.remember(job.id(), job.version(), done.getUpdateTime());
              return new Created(job, true);
            })
        .recover(
            failure ->
                conflict(failure) && !late(creation.began())
                    ? found(creation, writes, failure)
                    : Future.failedFuture(failure));
  }

  private Future<Created> found(Creation creation, int writes, Throwable conflict) {
    Job job = creation.job();
    return CallFailure.named(
            "create the record of " + job.id(), Role.DATASTORE_USER, () -> document(job.id()).get())
        .compose(
            stored -> {
              if (stored.exists()) {
                boolean mine = creation.token().equals(stored.getString(JobDocument.WRITE));
                Job there = mine ? job : JobDocument.job(stored);
                times.remember(stored, there);
                return Future.succeededFuture(new Created(there, mine));
              }
              return writes < WRITES_MAX && !late(creation.began())
                  ? create(creation, writes + 1)
                  : Future.failedFuture(conflict);
            });
  }

  /**
   * @throws JobException if the record is too large
   */
  Future<Boolean> replace(Job before, Job next) {
    String token = JobId.randomToken();
    Map<String, Object> fields = JobDocument.replaced(next, token);
    return change(
        new Change(
            before,
            "replace the record of " + before.id(),
            condition -> document(before.id()).update(fields, condition),
            Optional.of(new Change.Mark(token, next.version())),
            System.nanoTime()));
  }

  /** False if it was repeated and found done: a record that is gone bears no token. */
  Future<Boolean> delete(Job job) {
    return change(
        new Change(
            job,
            "delete the record of " + job.id(),
            condition -> document(job.id()).delete(condition),
            Optional.empty(),
            System.nanoTime()));
  }

  /**
   * A write that must find {@code before} in the store.
   *
   * @param what it does, as it continues "Firestore could not …"
   * @param mark what it leaves in the document, empty if it leaves no document
   * @param began by the machine's running time, in nanoseconds
   */
  private record Change(
      Job before,
      String what,
      Function<Precondition, ApiFuture<WriteResult>> write,
      Optional<Mark> mark,
      long began) {

    /** The token and the version that the document has after the write. */
    record Mark(String token, long version) {}

    JobId id() {
      return before.id();
    }
  }

  private Future<Boolean> change(Change change) {
    return times
        .of(change.id(), change.before().version())
        .map(time -> write(change, time, 1))
        .orElseGet(() -> compare(change, 0));
  }

  private Future<Boolean> write(Change change, Timestamp time, int writes) {
    return CallFailure.named(
            change.what(),
            Role.DATASTORE_USER,
            () -> change.write().apply(Precondition.updatedAt(time)))
        .map(
            done -> {
              settled(change, done.getUpdateTime());
              return true;
            })
        .recover(
            failure ->
                conflict(failure) && !late(change.began())
                    ? compare(change, writes)
                    : Future.failedFuture(failure));
  }

  /** Looks what is stored: the change itself, what it is to change, or something newer. */
  private Future<Boolean> compare(Change change, int writes) {
    return CallFailure.named(
            change.what(), Role.DATASTORE_USER, () -> document(change.id()).get(HEAD))
        .compose(head -> compare(change, writes, head));
  }

  private Future<Boolean> compare(Change change, int writes, DocumentSnapshot head) {
    Timestamp time = head.getUpdateTime();
    if (!head.exists() || time == null) {
      times.forget(change.id());
      return Future.succeededFuture(false);
    }
    String token = head.getString(JobDocument.WRITE);
    if (change.mark().filter(mark -> mark.token().equals(token)).isPresent()) {
      settled(change, time);
      return Future.succeededFuture(true);
    }
    Long version = head.getLong(JobDocument.VERSION);
    if (version == null || version != change.before().version()) {
      return Future.succeededFuture(false);
    }
    if (writes >= WRITES_MAX || late(change.began())) {
      return Future.failedFuture(
          CallFailure.because(
              "Firestore could not %s: too many writers at once; it was not done"
                  .formatted(change.what())));
    }
    return write(change, time, writes + 1);
  }

  private void settled(Change change, Timestamp time) {
    change
        .mark()
        .ifPresentOrElse(
            mark -> times.remember(change.id(), mark.version(), time),
            () -> times.forget(change.id()));
  }

  private static boolean conflict(Throwable failure) {
    return CONFLICTS.contains(CallFailure.code(failure));
  }

  private static boolean late(long began) {
    return System.nanoTime() - began > LAST_STEP.toNanos();
  }
}
