package dev.holdfast.shutdown;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that a deadline is kept even if whoever should keep it hangs: on a thread of its own,
 * one however often the deadline moves. Thread-safe.
 */
final class DeadlineWatch {

  private static final Logger LOG = LoggerFactory.getLogger(DeadlineWatch.class);

  private final Runnable late;
  private boolean watching;
  private boolean over;
  private long endNanos;

  /**
   * @param late runs once, on the watch's thread, if the deadline comes before {@link #over}
   */
  DeadlineWatch(Runnable late) {
    this.late = late;
  }

  /**
   * Sets the deadline, or moves it if this one is earlier.
   *
   * @param nanos on {@link System#nanoTime}
   */
  synchronized void until(long nanos) {
    if (!watching) {
      watching = true;
      endNanos = nanos;
      Thread watch = new Thread(this::watch, "holdfast-deadline");
      watch.setDaemon(true);
      watch.start();
    } else if (nanos - endNanos < 0) {
      endNanos = nanos;
      notifyAll();
    }
  }

  /** All is done; nobody is late. */
  synchronized void over() {
    over = true;
    notifyAll();
  }

  private void watch() {
    try {
      if (!overInTime()) {
        LOG.warn("not done in time; what was not handed over is found by its lease");
        late.run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized boolean overInTime() throws InterruptedException {
    long left = endNanos - System.nanoTime();
    while (!over && left > 0) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
      left = endNanos - System.nanoTime();
    }
    return over;
  }
}
