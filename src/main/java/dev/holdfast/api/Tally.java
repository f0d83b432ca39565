package dev.holdfast.api;

import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.JobStore.Load;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many jobs there are in each state. Pages ask for that every few seconds, and to count the
 * jobs that have ended costs the more, the more are kept; so their counts are told again for a
 * second for each {@link #COUNTED_A_SECOND} of them. What has not ended is counted each time.
 * Thread-safe.
 */
final class Tally {

  /**
   * Jobs that have ended and are counted, by one replica for as long as it is asked. Firestore
   * bills this rate as 5 reads a second, whether a million jobs are kept or ten.
   */
  static final long COUNTED_A_SECOND = 5_000;

  private final JobStore store;
  private final InstantSource clock;
  private volatile @Nullable Counted last;

  private record Counted(Map<JobState, Long> counts, Instant until) {}

  Tally(JobStore store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
  }

  /** States without any job may be absent. */
  Future<Map<JobState, Long>> counts() {
    Counted known = last;
    return known == null || !clock.instant().isBefore(known.until)
        ? store.counts().onSuccess(this::remember)
        : store.backlog().map(backlog -> with(known.counts, backlog));
  }

  private void remember(Map<JobState, Long> counts) {
    Map<JobState, Long> ended = new EnumMap<>(JobState.class);
    counts.forEach(
        (state, jobs) -> {
          if (state.terminal()) {
            ended.put(state, jobs);
          }
        });
    long all = ended.values().stream().mapToLong(Long::longValue).sum();
    last = new Counted(ended, clock.instant().plus(Duration.ofSeconds(all / COUNTED_A_SECOND)));
  }

  private static Map<JobState, Long> with(Map<JobState, Long> ended, Map<JobState, Load> backlog) {
    Map<JobState, Long> counts = new EnumMap<>(ended);
    backlog.forEach((state, load) -> counts.put(state, load.jobs()));
    return counts;
  }
}
