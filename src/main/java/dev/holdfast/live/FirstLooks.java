package dev.holdfast.live;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Watchers that have not seen their job yet. In front of a store that hangs a look may wait long
 * before it even begins; who has waited for too long hears that it failed. Belongs to one context.
 */
final class FirstLooks implements AutoCloseable {

  private final Clocked clock;
  private final Duration waitMax;
  private final Consumer<Runnable> onContext;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private Clocked.@Nullable Timer timer;

  private record Waiting(JobId job, Seat seat, long sinceNanos) {}

  FirstLooks(Clocked clock, Duration waitMax, Consumer<Runnable> onContext) {
    this.clock = clock;
    this.waitMax = waitMax;
    this.onContext = onContext;
  }

  void add(JobId job, Seat seat) {
    forgetServed();
    waiting.add(new Waiting(job, seat, clock.nanos()));
    if (timer == null) {
      again(waitMax);
    }
  }

  private void forgetServed() {
    for (Waiting first = waiting.peek();
        first != null && !first.seat.waits();
        first = waiting.peek()) {
      waiting.remove();
    }
  }

  private void again(Duration pause) {
    timer = clock.after(pause, () -> onContext.accept(this::tick));
  }

  private void tick() {
    timer = null;
    long now = clock.nanos();
    forgetServed();
    for (Waiting first = waiting.peek(); first != null; first = waiting.peek()) {
      Duration left = waitMax.minusNanos(now - first.sinceNanos);
      if (left.compareTo(Duration.ZERO) > 0) {
        again(left);
        return;
      }
      waiting.remove();
      first.seat.watcher.failed(
          first.job,
          JobError.UNAVAILABLE.because(
              "the job could not be read within %d s; try again".formatted(waitMax.toSeconds())));
      forgetServed();
    }
  }

  @Override
  public void close() {
    waiting.clear();
    if (timer != null) {
      timer.cancel();
    }
  }
}
