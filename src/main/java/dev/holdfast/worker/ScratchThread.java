package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The one thread that touches the scratch disk. A disk may hang, and then its thread does: nobody
 * waits for it longer than {@link #CALL_MAX}. Thread-safe; futures complete on that thread, or on
 * the clock's.
 */
final class ScratchThread implements AutoCloseable {

  /** How long the disk may take over a call that somebody waits for. */
  static final Duration CALL_MAX = Duration.ofSeconds(10);

  /** Calls that may wait for the disk; beyond them parts stay in memory. */
  private static final int CALLS_MAX = 256;

  private final Clocked clock;
  private final AtomicInteger overdue = new AtomicInteger();
  private final ThreadPoolExecutor thread;

  ScratchThread(Clocked clock) {
    this.clock = clock;
    thread =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(CALLS_MAX),
            task -> {
              Thread t = new Thread(task, "holdfast-scratch");
              t.setDaemon(true);
              return t;
            });
  }

  /**
   * Runs what somebody waits for.
   *
   * @param late hears what it came to after this had failed
   * @return fails with a {@link TimeoutException} after {@link #CALL_MAX}, or at once while another
   *     such call is overdue
   */
  <T> Future<T> soon(Callable<T> work, Consumer<T> late) {
    TimeoutException slow = new TimeoutException("the disk does not answer");
    if (overdue.get() > 0) {
      return Future.failedFuture(slow);
    }
    Promise<T> outcome = Promise.promise();
    Clocked.Timer timer =
        clock.after(
            CALL_MAX,
            () -> {
              overdue.incrementAndGet();
              if (!outcome.tryFail(slow)) {
                overdue.decrementAndGet();
              }
            });
    run(work)
        .onComplete(
            done -> {
              timer.cancel();
              boolean inTime =
                  done.succeeded()
                      ? outcome.tryComplete(done.result())
                      : outcome.tryFail(done.cause());
              if (!inTime) {
                overdue.decrementAndGet();
                if (done.succeeded()) {
                  late.accept(done.result());
                }
              }
            });
    return outcome.future();
  }

  /** Runs what nobody waits for. */
  <T> Future<T> run(Callable<T> work) {
    Promise<T> done = Promise.promise();
    try {
      thread.execute(
          () -> {
            try {
              done.complete(work.call());
            } catch (Exception e) {
              done.fail(e);
            }
          });
    } catch (RejectedExecutionException e) {
      done.fail(new IOException("too much waits for the disk", e));
    }
    return done.future();
  }

  /** Takes no more; what is on its way to the disk is left to itself. */
  @Override
  public void close() {
    thread.shutdown();
  }
}
