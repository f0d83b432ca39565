package dev.holdfast.client;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits between two tries; a test waits no time at all. */
@FunctionalInterface
interface Pause {

  /** Blocks the calling thread for that long. */
  void take(Duration length) throws InterruptedException;

  /** Really waits. */
  Pause REAL =
      length -> {
        boolean never = new CountDownLatch(1).await(length.toMillis(), TimeUnit.MILLISECONDS);
        assert !never;
      };
}
