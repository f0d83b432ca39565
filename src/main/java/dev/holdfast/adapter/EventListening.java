package dev.holdfast.adapter;

import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobEvents.Subscription;
import dev.holdfast.job.JobState;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One listener of this process: hears events one at a time, on the Vert.x context that made it, or
 * on the thread that tells if there was none.
 */
public final class EventListening implements Subscription {

  private static final Logger LOG = LoggerFactory.getLogger(EventListening.class);

  /** Events that may wait for a slow listener; then the oldest are lost. */
  private static final int WAITING_MAX = 10_000;

  private final Set<JobState> states;
  private final Consumer<JobEvent> listener;
  private final Consumer<EventListening> onClose;
  private final @Nullable Context context = Vertx.currentContext();
  private final Queue<JobEvent> waiting = new ArrayDeque<>();
  private boolean scheduled;
  private boolean losing;
  private volatile boolean closed;

  /**
   * @param states events of others are passed over
   * @param onClose hears that it is closed, each time
   */
  public EventListening(
      Set<JobState> states, Consumer<JobEvent> listener, Consumer<EventListening> onClose) {
    this.states = Set.copyOf(states);
    this.listener = listener;
    this.onClose = onClose;
  }

  public Set<JobState> states() {
    return states;
  }

  /** Called by one thread at a time. */
  public void tell(JobEvent event) {
    if (!states.contains(event.state())) {
      return;
    }
    if (context == null) {
      hear(event);
      return;
    }
    synchronized (this) {
      if (waiting.size() >= WAITING_MAX) {
        waiting.remove();
        if (!losing) {
          LOG.warn("A listener is {} events behind; it loses the oldest.", WAITING_MAX);
        }
        losing = true;
      }
      waiting.add(event);
      if (scheduled) {
        return;
      }
      scheduled = true;
    }
    CallerContext.run(context, this::drain);
  }

  private void drain() {
    for (JobEvent event = next(); event != null; event = next()) {
      hear(event);
    }
  }

  private synchronized @Nullable JobEvent next() {
    JobEvent event = waiting.poll();
    if (event == null) {
      scheduled = false;
      losing = false;
    }
    return event;
  }

  private void hear(JobEvent event) {
    if (closed) {
      return;
    }
    try {
      listener.accept(event);
    } catch (RuntimeException e) {
      LOG.error("A listener failed on an event of {}; it hears the next.", event.job(), e);
    }
  }

  @Override
  public void close() {
    closed = true;
    onClose.accept(this);
  }
}
