package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.function.Supplier;

/** Calls a dependency again when it fails: a few times, with growing pauses. */
final class Patience {

  private static final int TRIES_MAX = 5;
  private static final Duration PAUSE_FIRST = Duration.ofMillis(100);

  private final Clocked clock;

  Patience(Clocked clock) {
    this.clock = clock;
  }

  /**
   * Calls until it succeeds, or fails in a way that another call cannot change.
   *
   * @param call safe to repeat
   */
  <T> Future<T> with(Supplier<Future<T>> call) {
    return with(call, 1);
  }

  private <T> Future<T> with(Supplier<Future<T>> call, int tries) {
    return call.get()
        .recover(
            failure -> {
              if (tries >= TRIES_MAX || answers(failure)) {
                return Future.failedFuture(failure);
              }
              Promise<T> later = Promise.promise();
              clock.after(
                  PAUSE_FIRST.multipliedBy(1L << (tries - 1)),
                  () -> with(call, tries + 1).onComplete(later));
              return later.future();
            });
  }

  /** Whether the failure is an answer rather than an accident. */
  static boolean answers(Throwable failure) {
    return failure instanceof JobException e && e.error() != JobError.UNAVAILABLE;
  }
}
