package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The moment in a worker's way out from when nothing is waited for any more: what is still held is
 * given back as it is. Not thread-safe; lives on the loop.
 */
final class LastCall {

  /** The worker could not wait any longer. */
  static final class TooLate extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private TooLate() {
      super("the worker had to go before there was an answer", null, false, false);
    }
  }

  private final Clocked clock;
  private final Loop loop;
  private final Set<Promise<?>> waiting = new LinkedHashSet<>();
  private @Nullable Long byNanos;
  private Clocked.@Nullable Timer timer;
  private boolean over;

  LastCall(Clocked clock, Loop loop) {
    this.clock = clock;
    this.loop = loop;
  }

  /** It comes in so long, unless it comes sooner. */
  void in(Duration time) {
    long by = clock.nanos() + time.toNanos();
    if (byNanos == null || by - byNanos < 0) {
      byNanos = by;
      if (timer != null) {
        timer.cancel();
      }
      timer = clock.after(time, () -> loop.execute(this::come));
    }
  }

  private void come() {
    over = true;
    List.copyOf(waiting).forEach(promise -> promise.tryFail(new TooLate()));
  }

  /**
   * The outcome of that, or {@link TooLate}.
   *
   * @param work completes on the loop
   */
  <T> Future<T> before(Future<T> work) {
    Promise<T> outcome = Promise.promise();
    waiting.add(outcome);
    outcome.future().onComplete(done -> waiting.remove(outcome));
    work.onSuccess(outcome::tryComplete).onFailure(outcome::tryFail);
    if (over) {
      outcome.tryFail(new TooLate());
    }
    return outcome.future();
  }
}
