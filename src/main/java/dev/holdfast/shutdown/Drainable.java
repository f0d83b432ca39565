package dev.holdfast.shutdown;

import io.vertx.core.Future;
import java.time.Duration;

/** Something that must leave in good order. */
public interface Drainable {

  /** What the logs call it. */
  String name();

  /**
   * Takes no more work, finishes or gives back what it has.
   *
   * @param budget what is left until the process ends, whether this is done or not
   * @return completes when nothing of value would be lost by ending the process
   */
  Future<Void> drain(Duration budget);

  /**
   * The end comes sooner than {@link #drain} was told, which has not completed yet. Unless it is
   * overridden this drains again, which then must change nothing but how long that takes.
   *
   * @param left what is left from now on until the process ends
   */
  default void hurry(Duration left) {
    drain(left);
  }
}
