package dev.holdfast.bench;

import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobState;
import io.vertx.core.Future;
import java.util.Set;
import java.util.function.Consumer;

/** Real events, and one who listens in this process before they are sent. */
record Overheard(JobEvents events, Consumer<JobEvent> listener) implements JobEvents {

  @Override
  public Future<Void> publish(JobEvent event) {
    listener.accept(event);
    return events.publish(event);
  }

  @Override
  public Subscription subscribe(Set<JobState> states, Consumer<JobEvent> hears) {
    return events.subscribe(states, hears);
  }
}
