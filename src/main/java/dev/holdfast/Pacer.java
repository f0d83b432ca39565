package dev.holdfast;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Keeps a loop that has to ask again and again from asking without a break. */
record Pacer(Duration length) {

  /** Blocks the calling thread for the length. */
  void rest() throws InterruptedException {
    boolean opened = new CountDownLatch(1).await(length.toMillis(), TimeUnit.MILLISECONDS);
    assert !opened;
  }
}
