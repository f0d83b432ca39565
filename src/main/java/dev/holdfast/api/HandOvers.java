package dev.holdfast.api;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds out from the news of jobs when a job lost its worker and how long it took until the next
 * one went on. A worker that leaves in good order says so; one that is killed does not, and its
 * last sign of life is the job's last news. Not thread-safe.
 */
final class HandOvers {

  /**
   * Jobs that are remembered between two of their events; the longest silent are forgotten first.
   */
  static final int JOBS_MAX = 20_000;

  /** A working attempt is seldom silent for so long, and no lease is shorter. */
  static final Duration SILENCE = Duration.ofSeconds(3);

  private final StatsHistory history;
  private final Map<JobId, Seen> seen =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<JobId, Seen> eldest) {
          return size() > JOBS_MAX;
        }
      };

  private record Seen(long version, JobState state, long done, Instant at) {}

  HandOvers(StatsHistory history) {
    this.history = history;
  }

  /**
   * Takes an event in.
   *
   * @return the job's last sign of life, if its record should be read and given to {@link #read}:
   *     it may have lost its worker without a word
   */
  Optional<Instant> heard(JobEvent event, Instant now) {
    Seen before = seen.get(event.job());
    if (before != null && event.version() <= before.version()) {
      return Optional.empty();
    }
    long done = event.progress().done();
    if (before != null) {
      history.made(Math.max(0, done - before.done()));
    }
    // an end is remembered, too: its event may come twice
    seen.put(event.job(), new Seen(event.version(), event.state(), done, now));
    if (event.state().terminal()) {
      history.ended(event.state());
      return Optional.empty();
    }
    if (event.state() == JobState.INTERRUPTED) {
      history.interrupted();
    }
    if (before == null || event.state() != JobState.PROCESSING) {
      return Optional.empty();
    }
    Duration silence = Duration.between(before.at(), now);
    if (before.state() == JobState.INTERRUPTED) {
      history.handedOver(silence);
      return Optional.empty();
    }
    boolean suspicious =
        before.state() == JobState.PROCESSING
            && (done < before.done() || silence.compareTo(SILENCE) >= 0);
    return suspicious ? Optional.of(before.at()) : Optional.empty();
  }

  /**
   * Looks whether a job went from a lost attempt to another since its last sign of life.
   *
   * @param alive what {@link #heard} gave
   */
  void read(Job job, Instant alive) {
    List<Job.Attempt> attempts = job.attempts();
    for (int i = 1; i < attempts.size(); i++) {
      Instant started = attempts.get(i).started();
      Job.Outcome before = attempts.get(i - 1).outcome();
      boolean silent = before == Job.Outcome.LOST || before == Job.Outcome.FENCED_OUT;
      if (silent && !started.isBefore(alive)) {
        history.interrupted();
        history.handedOver(Duration.between(alive, started));
      }
    }
  }
}
