package dev.holdfast.webhook;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Records and events in memory, at once and on the caller's thread; not for many threads. */
final class Store implements JobStore, JobEvents {

  final Map<JobId, Job> jobs = new LinkedHashMap<>();
  final List<JobEvent> told = new ArrayList<>();
  private final List<Consumer<JobEvent>> listeners = new ArrayList<>();
  private @Nullable Promise<Void> held;

  /** Writes wait from now on. */
  void hold() {
    held = Promise.promise();
  }

  /** Writes go on. */
  void release() {
    Promise<Void> waited = held;
    held = null;
    if (waited != null) {
      waited.complete();
    }
  }

  @Override
  public Future<Created> create(Job job) {
    Job before = jobs.putIfAbsent(job.id(), job);
    return Future.succeededFuture(new Created(before == null ? job : before, before == null));
  }

  @Override
  public Future<Optional<Job>> get(JobId id) {
    return Future.succeededFuture(Optional.ofNullable(jobs.get(id)));
  }

  @Override
  public Future<Boolean> replace(Job before, Job next) {
    return held == null
        ? Future.succeededFuture(replaced(before, next))
        : held.future().map(go -> replaced(before, next));
  }

  private boolean replaced(Job before, Job next) {
    Job now = jobs.get(before.id());
    boolean same = now != null && now.version() == before.version();
    if (same) {
      jobs.put(next.id(), next);
    }
    return same;
  }

  @Override
  public Future<Boolean> delete(Job job) {
    Job now = jobs.get(job.id());
    boolean same = now != null && now.version() == job.version();
    if (same) {
      jobs.remove(job.id());
    }
    return Future.succeededFuture(same);
  }

  @Override
  public Future<Page> list(Query query) {
    return Future.succeededFuture(new Page(List.copyOf(jobs.values()), null));
  }

  @Override
  public Future<List<Job>> due(Instant now, int limit) {
    return Future.succeededFuture(
        jobs.values().stream()
            .filter(job -> !job.wakeAt().isAfter(now))
            .sorted(Comparator.comparing(Job::wakeAt))
            .limit(limit)
            .toList());
  }

  @Override
  public Future<Map<JobState, Long>> counts() {
    return Future.succeededFuture(Map.of());
  }

  @Override
  public Future<Map<JobState, Load>> backlog() {
    return Future.succeededFuture(Map.of());
  }

  @Override
  public Future<Long> waitingBefore(Instant createdAt) {
    return Future.succeededFuture(0L);
  }

  @Override
  public Future<Optional<Instant>> waitingSince() {
    return Future.succeededFuture(Optional.empty());
  }

  @Override
  public Future<Void> publish(JobEvent event) {
    told.add(event);
    List.copyOf(listeners).forEach(listener -> listener.accept(event));
    return Future.succeededFuture();
  }

  @Override
  public Subscription subscribe(Set<JobState> states, Consumer<JobEvent> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }
}
