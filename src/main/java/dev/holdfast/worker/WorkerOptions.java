package dev.holdfast.worker;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobState;
import dev.holdfast.job.WorkerRoster.WorkerReport;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How one worker behaves.
 *
 * @param id the worker's name in leases, attempts and the roster; unique among live workers
 * @param slots how many deliveries it holds at most
 * @param lease how long a delivery and its job are its own without a renewal
 */
public record WorkerOptions(
    String id,
    String host,
    Job.Place place,
    long pid,
    int slots,
    Duration lease,
    Checkpoints checkpoints) {

  /** The ends that others can put to a job while it is worked on. */
  public static final Set<JobState> HEARS = Set.of(JobState.CANCELLED, JobState.FAILED);

  /**
   * The longest a pull waits at the broker before it is made anew; short, as a drain waits for it.
   */
  static final Duration PULL_WAIT = Duration.ofSeconds(1);

  /** Deliveries that are taken even while jobs at hand keep the models busy. */
  public static final int SLOTS_ALWAYS = 16;

  /** How often a running job's progress is written, at most. */
  static final Duration PROGRESS_INTERVAL = Duration.ofSeconds(1);

  /** What the roster is told of a worker with these options. */
  WorkerReport report(
      Instant startedAt,
      Instant now,
      @Nullable String notReady,
      Map<String, String> models,
      int inFlight,
      long itemsDone,
      double batchItems,
      int managementPort) {
    return new WorkerReport(
        id,
        host,
        place,
        pid,
        startedAt,
        now,
        notReady == null,
        notReady,
        models,
        slots,
        inFlight,
        itemsDone,
        batchItems,
        managementPort);
  }

  /** How often leases are extended: three times within each. */
  Duration leaseInterval() {
    return lease.dividedBy(3);
  }
}
