package dev.holdfast.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Timers that wait until the test fires them. Thread-safe. */
final class ScriptedTimers implements Timers {

  /**
   * @param stopped whether whoever set it has stopped it
   */
  record Alarm(Duration delay, Runnable task, AtomicBoolean stopped) {

    /** As if its time had come; a stopped one is fired too, as one that was just too late. */
    void fire() {
      task.run();
    }
  }

  private static final long WAIT_SECONDS_MAX = 20;

  private final BlockingQueue<Alarm> alarms = new LinkedBlockingQueue<>();
  private final List<Duration> set = new CopyOnWriteArrayList<>();

  @Override
  public Runnable after(Duration delay, Runnable task) {
    Alarm alarm = new Alarm(delay, task, new AtomicBoolean());
    set.add(delay);
    alarms.add(alarm);
    return () -> alarm.stopped().set(true);
  }

  /** Waits for the next alarm that is not stopped by the time it is looked at. */
  Alarm next() throws InterruptedException {
    while (true) {
      Alarm alarm = alarms.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
      assertThat(alarm).as("no timer was set").isNotNull();
      if (!alarm.stopped().get()) {
        return alarm;
      }
    }
  }

  /** Waits for the next alarm, checks what it is set to and fires it. */
  void expect(Duration delay) throws InterruptedException {
    Alarm alarm = next();
    assertThat(alarm.delay()).isEqualTo(delay);
    alarm.fire();
  }

  /** Fires what is set and nobody has looked at. */
  void fireAll() {
    List<Alarm> due = new ArrayList<>();
    alarms.drainTo(due);
    due.forEach(Alarm::fire);
  }

  /** What all timers so far were set to, in order. */
  List<Duration> set() {
    return List.copyOf(set);
  }

  /** Whether every timer that nobody has looked at is stopped. */
  boolean isEmpty() {
    return alarms.stream().allMatch(alarm -> alarm.stopped().get());
  }
}
