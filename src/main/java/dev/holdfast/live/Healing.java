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
  private boolean closed;

  /**
   * A topic's entry; there is one for each topic on the list. What is heard in the meantime moves
   * the topic's time, and its entry when that comes up.
   */
  private static final class Due {
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
    topic.pause = PAUSE_MIN;
    topic.healAtNanos = now() + PAUSE_MIN.toNanos();
  }

  /** Puts a topic on the list, if it is not there. */
  void add(Feed.Topic topic) {
    if (topic.healing || closed) {
      return;
    }
    topic.healing = true;
    topic.healAtNanos = Math.max(topic.healAtNanos, now() + topic.pause.toNanos());
    due.add(new Due(topic, topic.healAtNanos));
    if (timer == null) {
      again();
    }
  }

  private void again() {
    timer = clock.after(TICK, () -> onContext.accept(this::tick));
  }

  private void tick() {
    timer = null;
    if (closed) {
      return;
    }
    long now = now();
    int reads = 0;
    Due first = due.peek();
    while (first != null && first.order <= now && reads < READS_PER_TICK_MAX) {
      Feed.Topic topic = first.topic;
      due.remove();
      if (!topic.isToBeHealed()) {
        topic.healed();
      } else if (topic.healAtNanos > now) {
        due.add(new Due(topic, topic.healAtNanos));
      } else {
        Duration twice = topic.pause.multipliedBy(2);
        topic.pause = twice.compareTo(PAUSE_MAX) < 0 ? twice : PAUSE_MAX;
        topic.healAtNanos = now + topic.pause.toNanos();
        due.add(new Due(topic, topic.healAtNanos));
        read.accept(topic);
        reads++;
      }
      first = due.peek();
    }
    if (!due.isEmpty()) {
      again();
    }
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
