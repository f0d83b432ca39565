package dev.holdfast.live;

import dev.holdfast.job.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether a job with a deadline will have ended by then, as far as its own speed tells. */
public enum Forecast {
  ON_TRACK,
  AT_RISK,
  WILL_MISS;

  /** Up to this share of the time that is left, a job is on track. */
  private static final double ON_TRACK_SHARE = 0.8;

  /** From this share on it will miss; between the two, nobody can be sure. */
  private static final double WILL_MISS_SHARE = 1.25;

  /** Less work than this has no speed. */
  private static final Duration MEASURED_MIN = Duration.ofSeconds(1);

  /** The name on the wire, such as {@code at_risk}. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * @return empty for a job that has ended, has no deadline, or of which too little is known: one
   *     that has not run has no speed, so it can only be found to wait for too long
   */
  public static Optional<Forecast> of(Snapshot snapshot, Instant now) {
    Job job = snapshot.job();
    Instant deadline = job.spec().deadline();
    if (deadline == null || job.state().terminal()) {
      return Optional.empty();
    }
    double left = seconds(Duration.between(now, deadline));
    double waits = wait(snapshot.place());
    Double works = work(job);
    double needed = waits + (works == null ? 0 : works);
    if (needed > WILL_MISS_SHARE * left) {
      return Optional.of(WILL_MISS);
    }
    if (needed > ON_TRACK_SHARE * left) {
      return Optional.of(AT_RISK);
    }
    return works == null ? Optional.empty() : Optional.of(ON_TRACK);
  }

  private static double wait(@Nullable Place place) {
    return place == null || place.estimate() == null ? 0 : seconds(place.estimate());
  }

  /** Seconds of work that are left, at the speed of the attempts so far; null if unknown. */
  private static @Nullable Double work(Job job) {
    Long total = job.progress().total();
    double items = 0;
    double seconds = 0;
    for (Job.Attempt attempt : job.attempts()) {
      Instant until = attempt.ended() == null ? job.updatedAt() : attempt.ended();
      items += attempt.reached() - attempt.resumedAt();
      seconds += seconds(Duration.between(attempt.started(), until));
    }
    if (total == null || items <= 0 || seconds < seconds(MEASURED_MIN)) {
      return null;
    }
    return (total - job.progress().done()) * seconds / items;
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1e3;
  }
}
