package dev.holdfast.shutdown;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one way out of the process: stages in order, each with a time of its own, under one deadline.
 * A stage that overruns is left behind, never the ones after it. When the last is done, or the
 * deadline is there, the process ends.
 */
public final class ShutdownVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(ShutdownVerticle.class);

  /** An event loop that hangs does not keep the process longer than this past its deadline. */
  private static final Duration OVERTIME = Duration.ofMillis(500);

  private static final int ORDERLY = 0;

  /**
   * One step of the way out.
   *
   * @param until the share of the budget, from 0 to 1, after which it is left behind
   */
  public record Stage(Drainable what, double until) {}

  private final List<Stage> stages;
  private final Duration usual;
  private final IntConsumer exit;
  private final CountDownLatch ended = new CountDownLatch(1);
  private long beganNanos;
  private long budgetNanos;
  private boolean begun;
  private volatile int code = ORDERLY;

  /**
   * @param usual the budget where the notice names none
   * @param exit ends the process with a code; called once, on any thread
   */
  public ShutdownVerticle(List<Stage> stages, Duration usual, IntConsumer exit) {
    this.stages = List.copyOf(stages);
    this.usual = usual;
    this.exit = exit;
  }

  /** Begins with the usual budget. Any thread. */
  public void begin(String why) {
    begin(why, usual);
  }

  /**
   * Begins because this process cannot go on and a fresh one should take over. Any thread.
   *
   * @param failed what the process ends with; not 0
   */
  public void fail(String why, int failed) {
    code = failed;
    begin(why, usual);
  }

  /**
   * Begins; when it has begun already, a deadline that is earlier than the one it has replaces
   * that, and a later one changes nothing. Any thread.
   *
   * @param budget what is left until the process must be gone
   */
  public void begin(String why, Duration budget) {
    long now = System.nanoTime();
    watch(budget);
    context.runOnContext(
        go -> {
          if (begun) {
            long left = now + budget.toNanos() - beganNanos;
            if (left < budgetNanos) {
              LOG.info("{}: {} ms are left", why, budget.toMillis());
              budgetNanos = left;
            }
            return;
          }
          begun = true;
          beganNanos = now;
          budgetNanos = budget.toNanos();
          LOG.info("{}: leaving within {} ms", why, budget.toMillis());
          run(0);
        });
  }

  /** Ends the process at the deadline even if the event loop does not. */
  private void watch(Duration budget) {
    Thread watch =
        new Thread(
            () -> {
              try {
                if (!ended.await(budget.plus(OVERTIME).toMillis(), TimeUnit.MILLISECONDS)) {
                  LOG.warn("not done in time; what was not handed over is found by its lease");
                  end();
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "holdfast-deadline");
    watch.setDaemon(true);
    watch.start();
  }

  private void run(int index) {
    if (index == stages.size()) {
      end();
      return;
    }
    Stage stage = stages.get(index);
    Duration limit = left(stage.until());
    within(stage.what(), limit)
        .onComplete(
            done -> {
              if (done.failed()) {
                LOG.warn("{} did not leave in good order", stage.what().name(), done.cause());
              } else if (!done.result()) {
                LOG.warn(
                    "{} did not leave within {} ms and is left behind",
                    stage.what().name(),
                    limit.toMillis());
              }
              run(index + 1);
            });
  }

  /** What is left of a share of the budget. */
  private Duration left(double share) {
    long left = beganNanos + (long) (budgetNanos * share) - System.nanoTime();
    return Duration.ofNanos(Math.max(0, left));
  }

  /** Whether it was done in time. */
  private Future<Boolean> within(Drainable what, Duration limit) {
    Promise<Boolean> outcome = Promise.promise();
    long timer = vertx.setTimer(Math.max(1, limit.toMillis()), id -> outcome.tryComplete(false));
    Future<Void> leaving;
    try {
      leaving = what.drain(left(1));
    } catch (RuntimeException e) {
      leaving = Future.failedFuture(e);
    }
    leaving.onComplete(
        done ->
            context.runOnContext(
                go -> {
                  vertx.cancelTimer(timer);
                  if (done.succeeded()) {
                    outcome.tryComplete(true);
                  } else {
                    outcome.tryFail(done.cause());
                  }
                }));
    return outcome.future();
  }

  private void end() {
    synchronized (ended) {
      if (ended.getCount() == 0) {
        return;
      }
      ended.countDown();
    }
    exit.accept(code);
  }
}
