package dev.holdfast.live;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobState;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One event as one subscriber gets it. */
public record News(Type type, Snapshot snapshot) {

  /** What is new against the snapshot before that the subscriber had; the first of them wins. */
  public enum Type {
    STATE,
    ATTEMPT,
    PROGRESS;

    /** The name on the wire, such as {@code state}. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What a subscriber knows of a job.
   *
   * @param state null if it knows no more than the version
   * @param attemptEnded whether the newest attempt has ended
   */
  record Known(long version, @Nullable JobState state, long fence, boolean attemptEnded) {

    static Known of(Job job) {
      List<Job.Attempt> attempts = job.attempts();
      return new Known(
          job.version(),
          job.state(),
          job.fence(),
          !attempts.isEmpty() && attempts.get(attempts.size() - 1).ended() != null);
    }

    static Known version(long version) {
      return new Known(version, null, 0, false);
    }

    Type typeOf(Known next) {
      return state != next.state
          ? Type.STATE
          : fence != next.fence || attemptEnded != next.attemptEnded ? Type.ATTEMPT : Type.PROGRESS;
    }
  }
}
