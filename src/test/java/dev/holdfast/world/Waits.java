package dev.holdfast.world;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** How threads that are not the test's own wait for it. */
public final class Waits {

  private static final int SECONDS_MAX = 50;

  private Waits() {}

  /** Waits for what gives no sign of itself. */
  public static void until(BooleanSupplier condition) {
    long fromNanos = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - fromNanos > TimeUnit.SECONDS.toNanos(SECONDS_MAX)) {
        throw new AssertionError("what was waited for never came");
      }
      Thread.onSpinWait();
    }
  }

  /** Waits for a latch; one that is interrupted goes on, since its test is over. */
  public static void until(CountDownLatch latch) {
    try {
      if (!latch.await(SECONDS_MAX, TimeUnit.SECONDS)) {
        throw new AssertionError("the latch was never opened");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
