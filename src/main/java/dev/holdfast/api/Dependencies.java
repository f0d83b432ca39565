package dev.holdfast.api;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Calls of the ports: each has a time limit, and what fails in one is told from what fails here.
 */
final class Dependencies {

  private final Clocked clock;
  private final Duration waitMax;
  private final Consumer<Runnable> onContext;

  /**
   * @param onContext runs a task where the answers belong
   */
  Dependencies(Clocked clock, Duration waitMax, Consumer<Runnable> onContext) {
    this.clock = clock;
    this.waitMax = waitMax;
    this.onContext = onContext;
  }

  /**
   * @param name of the dependency, for the client: "the job store"
   * @return fails with a {@link JobException} if the port did, else with a {@link Refusal} that
   *     says so
   */
  <T> Future<T> call(String name, Supplier<Future<T>> call) {
    Promise<T> answer = Promise.promise();
    Clocked.Timer timer =
        clock.after(
            waitMax,
            () ->
                onContext.accept(
                    () ->
                        answer.tryFail(
                            Refusal.unavailable(
                                name, new TimeoutException("no answer within " + waitMax)))));
    Future<T> asked;
    try {
      asked = call.get();
    } catch (RuntimeException e) {
      asked = Future.failedFuture(e);
    }
    asked.onComplete(
        done -> {
          timer.cancel();
          if (done.succeeded()) {
            answer.tryComplete(done.result());
          } else {
            Throwable failure = done.cause();
            answer.tryFail(
                failure instanceof JobException || failure instanceof Refusal
                    ? failure
                    : Refusal.unavailable(name, failure));
          }
        });
    return answer.future();
  }
}
