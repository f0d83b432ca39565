package dev.holdfast.job;

import io.vertx.core.Future;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where records are kept: one document a job, every change a compare-and-set on its version.
 *
 * <p>Futures complete on the caller's Vert.x context if it has one. A future that fails with
 * anything but a {@link JobException} means that the outcome is unknown: the write may have been
 * applied, and the caller finds out by reading.
 */
public interface JobStore {

  /**
   * Creates a record unless one with its id exists.
   *
   * @return durable on completion: the record as it is stored now, and whether this call made it
   */
  Future<Created> create(Job job);

  /** What {@link #create} found. */
  record Created(Job job, boolean isNew) {}

  /** The newest record, or empty if there is no such job. */
  Future<Optional<Job>> get(JobId id);

  /**
   * Writes {@code next} if the stored version still is that of {@code before}.
   *
   * @return durable on completion: false if another write came first or the record is gone
   */
  Future<Boolean> replace(Job before, Job next);

  /** Deletes the record if the stored version still is that of {@code job}. */
  Future<Boolean> delete(Job job);

  /**
   * One page of records, newest first.
   *
   * @return fails with {@link JobError#INVALID_CURSOR} for a cursor this store did not make
   */
  Future<Page> list(Query query);

  /**
   * @param label a name and a value that must both match, or null
   * @param limit 1 to 100
   * @param cursor from the page before, or null for the first page
   */
  record Query(
      @Nullable JobState state,
      @Nullable String model,
      Map.@Nullable Entry<String, String> label,
      int limit,
      @Nullable String cursor) {}

  /**
   * @param next leads to the page after this one; null if this is the last
   */
  record Page(List<Job> jobs, @Nullable String next) {}

  /** Records whose {@code wakeAt} is not after {@code now}, longest due first. */
  Future<List<Job>> due(Instant now, int limit);

  /**
   * How many records there are in each state; states without any may be absent. On some stores the
   * price grows with the number of jobs, ended ones as well: not to be asked at short intervals.
   */
  Future<Map<JobState, Long>> counts();

  /**
   * What has not ended, by state; states without any may be absent. It is asked for every few
   * seconds for as long as a replica lives, so its price must not grow with the jobs that have
   * ended.
   */
  Future<Map<JobState, Load>> backlog();

  /**
   * @param itemsLeft of all these jobs together, see {@link Job#itemsLeft}
   */
  record Load(long jobs, long itemsLeft) {
    public static final Load NONE = new Load(0, 0);
  }

  /**
   * When the oldest of the jobs that wait for a worker was created, or empty if none waits. The
   * records are asked rather than the broker: a broker need not be able to count, and a job whose
   * message was lost waits too.
   */
  Future<Optional<Instant>> waitingSince();

  /** How many jobs that wait for a worker were created before that time. */
  Future<Long> waitingBefore(Instant createdAt);
}
