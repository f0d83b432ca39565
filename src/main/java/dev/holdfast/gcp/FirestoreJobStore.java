package dev.holdfast.gcp;

import com.google.cloud.firestore.CollectionReference;
import com.google.cloud.firestore.DocumentSnapshot;
import com.google.cloud.firestore.Firestore;
import com.google.cloud.firestore.QueryDocumentSnapshot;
import com.google.cloud.firestore.QuerySnapshot;
import dev.holdfast.adapter.CallerContext;
import dev.holdfast.adapter.PageCursor;
import dev.holdfast.gcp.CallFailure.Role;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Records as documents, every write a conditional one on the document's update time. Not a
 * transaction: Firestore's lock, and many writers of one record were measured 40 to 60 times slower
 * with them.
 */
final class FirestoreJobStore implements JobStore {

  private final CollectionReference jobs;
  private final JobQueries queries;
  private final UpdateTimes times = new UpdateTimes();
  private final ConditionalWrites writes;

  FirestoreJobStore(Firestore firestore) {
    jobs = firestore.collection(JobDocument.COLLECTION);
    queries = new JobQueries(jobs);
    writes = new ConditionalWrites(jobs, times);
  }

  @Override
  public Future<Created> create(Job job) {
    return asked(() -> writes.create(job));
  }

  @Override
  public Future<Optional<Job>> get(JobId id) {
    return asked(
        () ->
            CallFailure.named(
                    "read the record of " + id,
                    Role.DATASTORE_USER,
                    () -> jobs.document(id.value()).get())
                .map(
                    found -> {
                      if (!found.exists()) {
                        return Optional.empty();
                      }
                      return Optional.of(decoded(found));
                    }));
  }

  private Job decoded(DocumentSnapshot document) {
    Job job = JobDocument.job(document);
    times.remember(document, job);
    return job;
  }

  @Override
  public Future<Boolean> replace(Job before, Job next) {
    if (!before.id().equals(next.id())) {
      return Future.failedFuture(
          new IllegalArgumentException(before.id() + " cannot become " + next.id()));
    }
    return asked(() -> writes.replace(before, next));
  }

  /**
   * A delete whose reply was lost, found already done when the library repeats it, is told as
   * false: a record that is gone bears no token.
   */
  @Override
  public Future<Boolean> delete(Job job) {
    return asked(() -> writes.delete(job));
  }

  /** The answer on the caller's context, with a refusal as a failed future. */
  private static <T> Future<T> asked(Supplier<Future<T>> call) {
    Future<T> answer;
    try {
      answer = call.get();
    } catch (JobException e) {
      return Future.failedFuture(e);
    }
    return CallerContext.here(answer);
  }

  @Override
  public Future<Page> list(Query query) {
    return asked(
        () -> {
          com.google.cloud.firestore.Query page = queries.page(query);
          return CallFailure.named("list jobs", Role.DATASTORE_USER, page::get)
              .map(found -> page(found, query.limit()));
        });
  }

  private static Page page(QuerySnapshot found, int limit) {
    List<Job> jobs = new ArrayList<>();
    for (QueryDocumentSnapshot document : found.getDocuments()) {
      jobs.add(JobDocument.job(document));
    }
    if (jobs.size() <= limit) {
      return new Page(jobs, null);
    }
    return new Page(
        List.copyOf(jobs.subList(0, limit)), PageCursor.of(jobs.get(limit - 1)).encode());
  }

  @Override
  public Future<List<Job>> due(Instant now, int limit) {
    return CallerContext.here(
        CallFailure.named(
                "list the jobs that are due",
                Role.DATASTORE_USER,
                () -> queries.due(now, limit).get())
            .map(found -> found.getDocuments().stream().map(this::decoded).toList()));
  }

  @Override
  public Future<Map<JobState, Long>> counts() {
    Map<JobState, Future<Long>> counting = new EnumMap<>(JobState.class);
    for (JobState state : JobState.values()) {
      counting.put(
          state,
          CallFailure.named("count the jobs", Role.DATASTORE_USER, () -> queries.count(state).get())
              .map(counted -> counted.getCount()));
    }
    return CallerContext.here(
        Future.all(List.copyOf(counting.values()))
            .map(
                done -> {
                  Map<JobState, Long> counts = new EnumMap<>(JobState.class);
                  counting.forEach((state, count) -> counts.put(state, count.result()));
                  return counts;
                }));
  }

  @Override
  public Future<Map<JobState, Load>> backlog() {
    Map<JobState, Future<Load>> asking = new EnumMap<>(JobState.class);
    for (JobState state : JobState.values()) {
      if (!state.terminal()) {
        asking.put(
            state,
            CallFailure.named(
                    "count what is to be done",
                    Role.DATASTORE_USER,
                    () -> queries.backlog(state).get())
                .map(JobQueries::load));
      }
    }
    return CallerContext.here(
        Future.all(List.copyOf(asking.values()))
            .map(
                done -> {
                  Map<JobState, Load> loads = new EnumMap<>(JobState.class);
                  asking.forEach((state, load) -> loads.put(state, load.result()));
                  return loads;
                }));
  }

  @Override
  public Future<Long> waitingBefore(Instant createdAt) {
    return CallerContext.here(
        CallFailure.named(
                "count the jobs ahead",
                Role.DATASTORE_USER,
                () -> queries.waitingBefore(createdAt).get())
            .map(counted -> counted.getCount()));
  }

  @Override
  public Future<Optional<Instant>> waitingSince() {
    return CallerContext.here(
        CallFailure.named(
                "find the job that waits longest",
                Role.DATASTORE_USER,
                queries.oldestWaiting()::get)
            .map(
                found ->
                    found.getDocuments().stream()
                        .findFirst()
                        .map(oldest -> oldest.getTimestamp(JobDocument.CREATED_AT))
                        .map(time -> Instant.ofEpochSecond(time.getSeconds(), time.getNanos()))));
  }
}
