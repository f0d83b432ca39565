package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.worker.InferenceEngine.DeviceLostException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Whether a worker can still do anything: its event loop and the threads of its models come round.
 * Who is asked from outside says so; and since not every process is asked, and one that is only
 * told to go would put nothing down to the input that it is stuck in, it watches itself.
 * Thread-safe.
 */
final class Vitals {

  /**
   * Between two looks. One ailment at both is meant: a process that was stopped has many at once.
   */
  static final Duration WATCH_INTERVAL = Duration.ofSeconds(10);

  private final Map<String, Serving> models;
  private final Loop loop;
  private final Pulse pulse;
  private final Clocked clock;

  Vitals(Map<String, Serving> models, Loop loop, Clocked clock) {
    this.models = models;
    this.loop = loop;
    this.clock = clock;
    this.pulse = new Pulse("of the event loop", Pulse.LOOP_STUCK_AFTER, clock);
  }

  /**
   * Why nothing more is to be expected, or null. To be asked now and then: a loop is found stuck by
   * a question that it has not answered since.
   */
  synchronized @Nullable String ailment() {
    String stuck = pulse.ailment();
    if (stuck == null && pulse.resting()) {
      pulse.begins();
      loop.execute(pulse::rests);
    }
    return stuck != null
        ? stuck
        : models.values().stream()
            .map(serving -> serving.batcher().ailment())
            .filter(Objects::nonNull)
            .findFirst()
            .orElse(null);
  }

  /**
   * Looks from now on, on the clock's thread, and once nothing more is to be expected fails what
   * the threads have in hand that do not come round.
   *
   * @param fatal hears of that, after the jobs
   */
  Clocked.Timer watch(Consumer<Throwable> fatal) {
    Watch watch = new Watch(fatal);
    watch.again(null);
    return watch;
  }

  private final class Watch implements Clocked.Timer {
    private final Consumer<Throwable> fatal;
    private Clocked.@Nullable Timer next;
    private boolean cancelled;

    Watch(Consumer<Throwable> fatal) {
      this.fatal = fatal;
    }

    synchronized void again(@Nullable String seen) {
      if (!cancelled) {
        next = clock.after(WATCH_INTERVAL, () -> look(seen));
      }
    }

    private void look(@Nullable String seen) {
      String ailment = ailment();
      if (ailment == null || !ailment.equals(seen)) {
        again(ailment);
        return;
      }
      DeviceLostException stuck = new DeviceLostException(ailment, null);
      models.values().forEach(serving -> serving.batcher().lose(stuck));
      fatal.accept(stuck);
    }

    @Override
    public synchronized void cancel() {
      cancelled = true;
      if (next != null) {
        next.cancel();
      }
    }
  }
}
