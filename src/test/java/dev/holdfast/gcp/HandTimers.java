package dev.holdfast.gcp;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.IntConsumer;

/** A stopwatch that a test turns by hand. For one thread. */
final class HandTimers implements Gathering.Timers {

  private record Task(long at, int number, Runnable task) {}

  private final PriorityQueue<Task> waiting =
      new PriorityQueue<>(Comparator.comparingLong(Task::at).thenComparingInt(Task::number));

  private long now;
  private int number;

  @Override
  public long nanos() {
    return now;
  }

  @Override
  public void after(long nanos, Runnable task) {
    waiting.add(new Task(now + nanos, number++, task));
  }

  /**
   * Does something as often, and as far apart, as uses up all the calls that a {@link Gathering}
   * with the usual interval makes at once: the last is made now, and the next an interval later.
   *
   * @param once is given its number
   */
  void busy(IntConsumer once) {
    for (int i = 0; i <= Gathering.BURST; i++) {
      once.accept(i);
      pass(Gathering.APART);
    }
  }

  /** Lets time pass, and runs what becomes due at its time. */
  void pass(Duration time) {
    long until = now + time.toNanos();
    for (Task next = waiting.peek(); next != null && next.at <= until; next = waiting.peek()) {
      waiting.remove();
      now = next.at;
      next.task.run();
    }
    now = until;
  }
}
