package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Calls a dependency again when it fails, with growing pauses, but not for ever. */
final class Patience {

  private static final int TRIES_MAX = 5;
  private static final Duration PAUSE_FIRST = Duration.ofMillis(100);
  private static final Duration PAUSE_MAX = Duration.ofSeconds(5);

  /** How long an outage is waited for. */
  private static final Duration OUTAGE_MAX = Duration.ofMinutes(10);

  private final Clocked clock;
  private final int triesMax;
  private final BooleanSupplier givenUp;

  /** A few times, for what holds memory or keeps somebody waiting. */
  Patience(Clocked clock) {
    this(clock, TRIES_MAX, () -> false);
  }

  private Patience(Clocked clock, int triesMax, BooleanSupplier givenUp) {
    this.clock = clock;
    this.triesMax = triesMax;
    this.givenUp = givenUp;
  }

  /**
   * For as long as an outage may last.
   *
   * @param givenUp whether nobody wants the outcome any more; any thread
   */
  static Patience throughOutages(Clocked clock, BooleanSupplier givenUp) {
    return new Patience(clock, Integer.MAX_VALUE, givenUp);
  }

  /**
   * Calls until it succeeds, or fails in a way that another call cannot change.
   *
   * @param call safe to repeat
   */
  <T> Future<T> with(Supplier<Future<T>> call) {
    return with(call, 1, clock.nanos());
  }

  private <T> Future<T> with(Supplier<Future<T>> call, int tries, long sinceNanos) {
    return call.get()
        .recover(
            failure -> {
              if (tries >= triesMax
                  || clock.nanos() - sinceNanos > OUTAGE_MAX.toNanos()
                  || answers(failure)
                  || failure instanceof PartWriter.StartOver
                  || givenUp.getAsBoolean()) {
                return Future.failedFuture(failure);
              }
              Promise<T> later = Promise.promise();
              clock.after(pause(tries), () -> with(call, tries + 1, sinceNanos).onComplete(later));
              return later.future();
            });
  }

  private static Duration pause(int tries) {
    Duration pause = PAUSE_FIRST.multipliedBy(1L << Math.min(tries - 1, 10));
    return pause.compareTo(PAUSE_MAX) > 0 ? PAUSE_MAX : pause;
  }

  /** Whether the failure is an answer rather than an accident. */
  static boolean answers(Throwable failure) {
    return failure instanceof JobException e && e.error() != JobError.UNAVAILABLE;
  }
}
