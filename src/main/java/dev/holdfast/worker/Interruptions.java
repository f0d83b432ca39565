package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a worker learns of the time between two losses of work, and tells the {@link
 * CheckpointPolicy}. It never sees its own death; it sees that of others, and of itself before a
 * restart, in the jobs that it claims after them. An attempt that handed its job over has lost
 * nothing and does not count. Not thread-safe; lives on the loop.
 */
final class Interruptions {

  /** Dead workers that are remembered, so that one with many jobs is counted once. */
  private static final int WORKERS_KEPT = 256;

  private final CheckpointPolicy policy;
  private final Clocked clock;
  private final Map<String, Instant> ends = new LinkedHashMap<>();
  private int attempts;
  private long lapNanos;

  Interruptions(CheckpointPolicy policy, Clocked clock) {
    this.policy = policy;
    this.clock = clock;
  }

  /** An attempt begins here. */
  void began() {
    lap();
    attempts++;
  }

  /** An attempt ends here. */
  void ended() {
    lap();
    attempts--;
  }

  /** Counts the time since the last call as work, however many attempts shared it. */
  void lap() {
    long now = clock.nanos();
    if (attempts > 0) {
      policy.worked(Duration.ofNanos(now - lapNanos), false);
    }
    lapNanos = now;
  }

  /** Looks at how the attempt before this one ended. */
  void claimed(Job job) {
    List<Job.Attempt> all = job.attempts();
    if (all.size() < 2) {
      return;
    }
    Job.Attempt before = all.get(all.size() - 2);
    Instant end = before.ended();
    Instant counted = ends.get(before.worker());
    if (before.outcome() != Job.Outcome.LOST
        || end == null
        || (counted != null && !before.started().isAfter(counted))) {
      return;
    }
    ends.remove(before.worker());
    ends.put(before.worker(), end);
    if (ends.size() > WORKERS_KEPT) {
      ends.remove(ends.keySet().iterator().next());
    }
    Duration time = Duration.between(before.started(), end);
    policy.worked(time.isNegative() ? Duration.ZERO : time, true);
  }
}
