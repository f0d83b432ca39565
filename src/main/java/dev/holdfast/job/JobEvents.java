package dev.holdfast.job;

import io.vertx.core.Future;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * News of written records, from the rooms that write them to those that watch. Best effort: an
 * event may be lost or come twice, so a watcher re-reads the record when it matters.
 */
public interface JobEvents {

  /** The interest of whoever wants to hear everything. */
  Set<JobState> EVERY_STATE = Set.copyOf(EnumSet.allOf(JobState.class));

  /** Tells every subscriber in every process; completes when the news is on its way. */
  Future<Void> publish(JobEvent event);

  /**
   * Hears the events that are published from now on.
   *
   * @param states only events of these; the fewer there are, the less the others cost
   * @param listener called one event at a time, on the Vert.x context that subscribed if there was
   *     one; it must not block
   */
  Subscription subscribe(Set<JobState> states, Consumer<JobEvent> listener);

  /** Hears events of every state. */
  default Subscription subscribe(Consumer<JobEvent> listener) {
    return subscribe(EVERY_STATE, listener);
  }

  /**
   * A record was written.
   *
   * @param version of the record; a job's events may overtake each other, its versions tell
   */
  record JobEvent(JobId job, long version, JobState state, Job.Progress progress) {
    public static JobEvent of(Job job) {
      return new JobEvent(job.id(), job.version(), job.state(), job.progress());
    }
  }

  /** A listener's place; closing it twice is harmless. */
  interface Subscription extends AutoCloseable {
    @Override
    void close();
  }
}
