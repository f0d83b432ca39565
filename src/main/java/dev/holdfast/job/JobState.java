package dev.holdfast.job;

import java.util.Locale;
import java.util.Optional;

/**
 * Where a job stands. {@link #canBecome} is the whole table of lawful changes; {@code
 * ARCHITECTURE.md} draws the same one, and a test holds the two together.
 */
public enum JobState {
  QUEUED,
  PROCESSING,
  INTERRUPTED,
  COMPLETE,
  FAILED,
  CANCELLED;

  /** Whether a record in this state may be written with {@code next} as its state. */
  public boolean canBecome(JobState next) {
    return switch (this) {
      case QUEUED, INTERRUPTED -> next == PROCESSING || next == FAILED || next == CANCELLED;
      case PROCESSING -> true;
      case FAILED, CANCELLED -> next == QUEUED;
      case COMPLETE -> false;
    };
  }

  /** Whether nothing more happens to the job unless somebody asks for it. */
  public boolean terminal() {
    return switch (this) {
      case QUEUED, PROCESSING, INTERRUPTED -> false;
      case COMPLETE, FAILED, CANCELLED -> true;
    };
  }

  /** The name on the wire and in the store, such as {@code queued}. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The state with that wire name, or empty if there is none. */
  public static Optional<JobState> ofWireName(String name) {
    for (JobState state : values()) {
      if (state.wireName().equals(name)) {
        return Optional.of(state);
      }
    }
    return Optional.empty();
  }
}
