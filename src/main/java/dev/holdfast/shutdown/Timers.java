package dev.holdfast.shutdown;

import io.vertx.core.Vertx;
import java.time.Duration;

/** Timers as a seam, so that a test can hold the hands of the clock. */
interface Timers {

  /**
   * Runs {@code task} once, {@code delay} from now, on any thread.
   *
   * @return stops the task if it has not begun
   */
  Runnable after(Duration delay, Runnable task);

  /** Vert.x's own. */
  static Timers of(Vertx vertx) {
    return (delay, task) -> {
      long timer = vertx.setTimer(Math.max(1, delay.toMillis()), fired -> task.run());
      return () -> vertx.cancelTimer(timer);
    };
  }
}
