package dev.holdfast.world;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** How threads that are not the test's own wait for it. */
public final class Waits {

  private static final int SECONDS_MAX = 50;

  private Waits() {}

  /** What may come to be true. */
  public interface Condition {
    boolean holds() throws Exception;
  }

  /** Waits for what gives no sign of itself. */
  public static void until(Condition condition) {
    long fromNanos = System.nanoTime();
    while (!holds(condition)) {
      if (System.nanoTime() - fromNanos > TimeUnit.SECONDS.toNanos(SECONDS_MAX)) {
        throw new AssertionError("what was waited for never came");
      }
      Thread.onSpinWait();
    }
  }

  private static boolean holds(Condition condition) {
    try {
      return condition.holds();
    } catch (Exception e) {
      throw new AssertionError("nobody can tell whether it came", e);
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
