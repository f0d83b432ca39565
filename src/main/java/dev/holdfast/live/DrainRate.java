package dev.holdfast.live;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/** How many jobs end in a second, from the events of the last minutes. Belongs to one context. */
public final class DrainRate {

  /** Ends that are remembered; at a hundred a second, those of the last ten seconds. */
  private static final int ENDS_MAX = 1_000;

  /** An end before that says nothing about now. */
  private static final Duration REMEMBERED = Duration.ofMinutes(15);

  /** Fewer ends than this are chance. */
  private static final int ENDS_MIN = 4;

  private static final double NANOS_PER_SECOND = Duration.ofSeconds(1).toNanos();

  private final Clocked clock;
  private final Map<JobId, Long> ends = new LinkedHashMap<>();

  public DrainRate(Clocked clock) {
    this.clock = clock;
  }

  /** Hears an event, perhaps not for the first time. A cancelled job made no room by being done. */
  void heard(JobEvent event) {
    if (event.state() == JobState.COMPLETE || event.state() == JobState.FAILED) {
      ends.putIfAbsent(event.job(), clock.nanos());
      if (ends.size() > ENDS_MAX) {
        Iterator<JobId> oldest = ends.keySet().iterator();
        oldest.next();
        oldest.remove();
      }
    }
  }

  /** Jobs in a second, or empty if too few have ended to say. Slows down while nothing ends. */
  public OptionalDouble perSecond() {
    long now = clock.nanos();
    ends.values().removeIf(at -> now - at > REMEMBERED.toNanos());
    if (ends.size() < ENDS_MIN) {
      return OptionalDouble.empty();
    }
    long oldest = ends.values().iterator().next();
    double seconds = (now - oldest) / NANOS_PER_SECOND;
    return OptionalDouble.of((ends.size() - 1) / Math.max(1, seconds));
  }
}
