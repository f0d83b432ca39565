package dev.holdfast.live;

import dev.holdfast.job.Clocked;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes up for lost events: reads jobs that have been silent. The longer a job is silent, the later
 * it is read again, and however many are watched, only so many are read in a second; a store that
 * bills by the read is to be spared.
 */
final class Healing implements AutoCloseable {

  static final Duration PAUSE_MIN = Duration.ofSeconds(2);
  private static final Duration PAUSE_MAX = Duration.ofSeconds(30);

  /** A job that has failed or was cancelled moves again only if somebody asks for it. */
  private static final Duration PAUSE_ENDED = Duration.ofMinutes(5);

  /** Between two looks at the list, at least. */
  private static final Duration TICK = Duration.ofMillis(250);

  /** With the tick that is 100 in a second. */
  private static final int READS_PER_TICK_MAX = 25;

  private final Clocked clock;
  private final Consumer<Runnable> onContext;
  private final Consumer<Feed.Topic> read;
  private final PriorityQueue<Due> due =
      new PriorityQueue<>(Comparator.comparingLong(entry -> entry.order));
  private final long startNanos;
  private Clocked.@Nullable Timer timer;
  private long timerNanos;
  private long timers;
  private boolean ticking;
  private boolean closed;

  /**
   * A topic's entry. What is heard in the meantime moves the topic's time: a later one moves the
   * entry when that comes up, an earlier one makes another, and this one counts no more.
   */
  static final class Due {
    final Feed.Topic topic;
    final long order;

    Due(Feed.Topic topic, long order) {
      this.topic = topic;
      this.order = order;
    }
  }

  Healing(Clocked clock, Consumer<Runnable> onContext, Consumer<Feed.Topic> read) {
    this.clock = clock;
    this.onContext = onContext;
    this.read = read;
    this.startNanos = clock.nanos();
  }

  private long now() {
    return clock.nanos() - startNanos;
  }

  /** The topic has news: it is not silent. */
  void heard(Feed.Topic topic) {
    topic.pause = topic.hasEnded() ? PAUSE_ENDED : PAUSE_MIN;
    topic.healAtNanos = now() + topic.pause.toNanos();
    if (topic.due != null && topic.healAtNanos < topic.due.order) {
      enter(topic);
    }
  }

  /** Puts a topic on the list, if it is not there. */
  void add(Feed.Topic topic) {
    if (topic.due != null || closed) {
      return;
    }
    topic.healAtNanos = Math.max(topic.healAtNanos, now() + topic.pause.toNanos());
    enter(topic);
  }

  private void enter(Feed.Topic topic) {
    Due entry = new Due(topic, topic.healAtNanos);
    topic.due = entry;
    due.add(entry);
    again();
  }

  /** Sees to it that somebody looks when the first entry is due. */
  private void again() {
    Due first = due.peek();
    if (first == null || ticking || closed) {
      return;
    }
    long now = now();
    long at = Math.max(first.order, now + TICK.toNanos());
    if (timer != null) {
      if (timerNanos <= at) {
        return;
      }
      timer.cancel();
    }
    timerNanos = at;
    long which = ++timers;
    // a clock that counts in milliseconds must not be early
    Duration wait = Duration.ofNanos(at - now).plusMillis(1);
    timer = clock.after(wait, () -> onContext.accept(() -> tick(which)));
  }

  /** One that was replaced may have run out already. */
  private void tick(long which) {
    if (!closed && which == timers) {
      timer = null;
      ticking = true;
      look();
      ticking = false;
      again();
    }
  }

  private void look() {
    long now = now();
    int reads = 0;
    Due first = due.peek();
    while (first != null && first.order <= now && reads < READS_PER_TICK_MAX) {
      Feed.Topic topic = first.topic;
      due.remove();
      if (first == topic.due && !topic.isToBeHealed()) {
        topic.healed();
      } else if (first == topic.due && topic.healAtNanos > now) {
        enter(topic);
      } else if (first == topic.due) {
        topic.pause = topic.hasEnded() ? PAUSE_ENDED : longer(topic.pause);
        topic.healAtNanos = now + topic.pause.toNanos();
        enter(topic);
        read.accept(topic);
        reads++;
      }
      first = due.peek();
    }
  }

  private static Duration longer(Duration pause) {
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(PAUSE_MAX) < 0 ? twice : PAUSE_MAX;
  }

  @Override
  public void close() {
    closed = true;
    due.clear();
    if (timer != null) {
      timer.cancel();
    }
  }
}
