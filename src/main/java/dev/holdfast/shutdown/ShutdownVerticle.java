package dev.holdfast.shutdown;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one way out of the process: stages in order, each with a time of its own, under one deadline.
 * A stage that overruns is left behind, never the ones after it. When the last is done, or the
 * deadline is there, the process ends.
 *
 * <p>It may be told to begin before it is deployed; then it does so as soon as it is.
 */
public final class ShutdownVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(ShutdownVerticle.class);

  /**
   * What the process ends with if a stage was left behind, or the deadline came before all of them
   * had their turn: whatever it had and did not hand over is found by its lease. It is {@code
   * EX_TEMPFAIL} of BSD's sysexits.h.
   */
  public static final int CUT_OFF = 75;

  /** An event loop that hangs does not keep the process longer than this past its deadline. */
  private static final Duration OVERTIME = Duration.ofMillis(500);

  private static final int ORDERLY = 0;

  /**
   * One step of the way out.
   *
   * @param until the share of the budget, from 0 to 1, after which it is left behind
   */
  public record Stage(Drainable what, double until) {

    /** The same step on a longer way, which gives to its own way the share between these two. */
    public Stage between(double from, double to) {
      return new Stage(what, from + (to - from) * until);
    }
  }

  /** The stage whose turn it is, and whether it was done in time. */
  private record Turn(Stage stage, Promise<Boolean> outcome) {}

  private final Supplier<List<Stage>> stages;
  private final Duration usual;
  private final IntConsumer exit;
  private final Promise<Void> deployed = Promise.promise();
  private final AtomicBoolean ended = new AtomicBoolean();
  private final DeadlineWatch watch = new DeadlineWatch(() -> end(CUT_OFF));
  private List<Stage> way = List.of();
  private @Nullable Turn turn;
  private long timer;
  private long beganNanos;
  private long budgetNanos;
  private boolean begun;
  private boolean leftBehind;
  private volatile int failed = ORDERLY;

  /**
   * @param stages asked once, when it begins
   * @param usual the budget where the notice names none
   * @param exit ends the process with a code; called once, on any thread
   */
  public ShutdownVerticle(Supplier<List<Stage>> stages, Duration usual, IntConsumer exit) {
    this.stages = stages;
    this.usual = usual;
    this.exit = exit;
  }

  @Override
  public Future<?> start() {
    deployed.complete();
    return Future.succeededFuture();
  }

  /** Begins with the usual budget. Any thread. */
  public void begin(String why) {
    begin(why, usual);
  }

  /**
   * Begins because this process cannot go on and a fresh one should take over. Any thread.
   *
   * @param code what the process ends with; not 0
   */
  public void fail(String why, int code) {
    failed = code;
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
    watch.until(now + budget.plus(OVERTIME).toNanos());
    deployed
        .future()
        .onSuccess(ready -> context.runOnContext(go -> begin(why, now, budget.toNanos())));
  }

  private void begin(String why, long now, long budget) {
    if (!begun) {
      begun = true;
      beganNanos = now;
      budgetNanos = budget;
      LOG.info("{}: leaving within {} ms", why, Duration.ofNanos(budget).toMillis());
      way = List.copyOf(stages.get());
      run(0);
    } else if (now + budget - (beganNanos + budgetNanos) < 0) {
      LOG.info("{}: {} ms are left", why, Duration.ofNanos(budget).toMillis());
      // shares are of what is left now: those of the old budget may be spent
      beganNanos = now;
      budgetNanos = budget;
      hurry();
    }
  }

  private void run(int index) {
    if (index == way.size()) {
      end(leftBehind ? CUT_OFF : ORDERLY);
      return;
    }
    Stage stage = way.get(index);
    String name = stage.what().name();
    within(stage)
        .onComplete(
            done -> {
              vertx.cancelTimer(timer);
              if (done.failed()) {
                LOG.warn("{} did not leave in good order", name, done.cause());
              } else if (!done.result()) {
                leftBehind = true;
                LOG.warn("{} did not leave in time and is left behind", name);
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
  private Future<Boolean> within(Stage stage) {
    Promise<Boolean> outcome = Promise.promise();
    turn = new Turn(stage, outcome);
    limit(stage, outcome);
    Future<Void> leaving;
    try {
      leaving = stage.what().drain(left(1));
    } catch (RuntimeException e) {
      leaving = Future.failedFuture(e);
    }
    leaving.onComplete(
        done ->
            context.runOnContext(
                go -> {
                  if (done.succeeded()) {
                    outcome.tryComplete(true);
                  } else {
                    outcome.tryFail(done.cause());
                  }
                }));
    return outcome.future();
  }

  private void limit(Stage stage, Promise<Boolean> outcome) {
    long millis = Math.max(1, left(stage.until()).toMillis());
    timer = vertx.setTimer(millis, id -> outcome.tryComplete(false));
  }

  /** The stage whose turn it is has less time than it was told. */
  private void hurry() {
    if (turn == null || turn.outcome().future().isComplete()) {
      return;
    }
    vertx.cancelTimer(timer);
    limit(turn.stage(), turn.outcome());
    try {
      turn.stage().what().hurry(left(1));
    } catch (RuntimeException e) {
      LOG.warn("{} cannot hurry", turn.stage().what().name(), e);
    }
  }

  private void end(int code) {
    if (ended.compareAndSet(false, true)) {
      watch.over();
      exit.accept(failed == ORDERLY ? code : failed);
    }
  }
}
