package dev.holdfast.worker;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import dev.holdfast.worker.SimPlant.Around;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The faults that are planted between a process and its records. */
final class SimStorePlant {

  private final JobStore store;
  private final SimProcess process;

  SimStorePlant(JobStore store, SimProcess process) {
    this.store = store;
    this.process = process;
  }

  /** A change of a write on its way to the store. */
  private interface Change {
    Job of(Job before, Job next);
  }

  private JobStore replacing(Change change) {
    return SimPlant.instead(
        JobStore.class,
        store,
        Map.of(
            "replace",
            (method, arguments) -> {
              Job before = (Job) arguments[0];
              return store.replace(before, change.of(before, (Job) arguments[1]));
            }));
  }

  JobStore evictionIsFailure() {
    return replacing((before, next) -> asIfFailed(next));
  }

  private static Job asIfFailed(Job job) {
    if (job.state() != JobState.INTERRUPTED) {
      return job;
    }
    SimRecord record = new SimRecord(job);
    Job.Spent spent = job.spent();
    record.spent = new Job.Spent(spent.failures() + 1, spent.interruptions(), spent.suspects());
    return record.done();
  }

  JobStore zombieSaysTooMuch() {
    return replacing((before, next) -> zombies(next) > zombies(before) ? dueNow(next) : next);
  }

  private static long zombies(Job job) {
    return job.attempts().stream().filter(a -> a.outcome() == Job.Outcome.FENCED_OUT).count();
  }

  private static Job dueNow(Job job) {
    SimRecord record = new SimRecord(job);
    record.wakeAt = job.updatedAt();
    return record.done();
  }

  JobStore noFence() {
    Map<JobId, Job> mine = new HashMap<>();
    return SimPlant.instead(
        JobStore.class,
        store,
        Map.of(
            "replace",
            (method, arguments) -> {
              Job next = (Job) arguments[1];
              if (own(next)) {
                mine.put(next.id(), next);
              }
              return store.replace((Job) arguments[0], next);
            },
            "get",
            (method, arguments) ->
                store
                    .get((JobId) arguments[0])
                    .map(found -> found.map(job -> asIfMine(job, mine.get(job.id()))))));
  }

  private boolean own(Job job) {
    return job.lease() != null && job.lease().worker().equals(process.name());
  }

  /** The newest record with the claim of an attempt that has lost it. */
  private static Job asIfMine(Job job, @Nullable Job mine) {
    if (mine == null || job.state().terminal() || mine.fence() >= job.fence()) {
      return job;
    }
    SimRecord record = new SimRecord(job);
    record.state = mine.state();
    record.fence = mine.fence();
    record.lease = mine.lease();
    return record.done();
  }

  /**
   * An attempt takes the claim of another one of its worker for its own. It reads a record when its
   * write found a newer one; then it is shown its own claim there, and what it writes is put back.
   */
  JobStore fenceComparesTheWorker() {
    Map<String, Job> taken = new HashMap<>();
    @Nullable Job[] asking = new Job[1];
    Around replace =
        (method, arguments) -> {
          Job before = (Job) arguments[0];
          Job.Lease claim = before.lease();
          Job real = claim == null ? null : taken.get(claim.token());
          return store
              .replace(before, real == null ? (Job) arguments[1] : asOf(real, (Job) arguments[1]))
              .map(
                  written -> {
                    asking[0] = written || !own(before) ? null : before;
                    return written;
                  });
        };
    Around get =
        (method, arguments) -> {
          Job asks = asking[0];
          asking[0] = null;
          return store
              .get((JobId) arguments[0])
              .map(found -> found.map(job -> asks == null ? job : taken(job, asks, taken)));
        };
    return SimPlant.instead(JobStore.class, store, Map.of("replace", replace, "get", get));
  }

  private Job taken(Job job, Job asks, Map<String, Job> taken) {
    Job.Lease claim = asks.lease();
    if (claim == null || !own(job) || job.fence() <= asks.fence()) {
      return job;
    }
    taken.put(claim.token(), job);
    return asOf(asks, job);
  }

  /** A record under the claim of another one. */
  private static Job asOf(Job claim, Job job) {
    SimRecord record = new SimRecord(job);
    record.fence = claim.fence();
    Job.Lease held = job.lease();
    Job.Lease other = claim.lease();
    if (held != null && other != null) {
      record.lease = new Job.Lease(other.worker(), other.token(), held.until());
    }
    return record.done();
  }

  /** Who looks for jobs to move sends those on their way again that have ended. */
  JobStore resurrection() {
    return SimPlant.instead(
        JobStore.class,
        store,
        Map.of(
            "due",
            (method, arguments) -> {
              Instant now = (Instant) arguments[0];
              int limit = (int) arguments[1];
              return store
                  .due(now.plus(Job.KEPT_AFTER_END), limit)
                  .compose(
                      all ->
                          Future.join(all.stream().filter(this::ended).map(this::again).toList())
                              .transform(done -> store.due(now, limit)));
            }));
  }

  private boolean ended(Job job) {
    return job.state() == JobState.FAILED || job.state() == JobState.CANCELLED;
  }

  private Future<Boolean> again(Job job) {
    return store.replace(job, JobLife.retried(job, process.instant()));
  }

  /** Who looks after a job does not look again until it is twice as old, whatever came of it. */
  JobStore longPutOff() {
    return replacing(
        (before, next) ->
            next.state() == before.state() && next.lease() == null && !next.state().terminal()
                ? putOff(next)
                : next);
  }

  private static Job putOff(Job job) {
    Duration age = Duration.between(job.createdAt(), job.updatedAt());
    Instant then = job.updatedAt().plus(age);
    SimRecord record = new SimRecord(job);
    record.wakeAt = then.isAfter(job.wakeAt()) ? then : job.wakeAt();
    return record.done();
  }
}
