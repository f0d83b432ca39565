package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobQueue.Delivery;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The deliveries that a worker holds, and the pulls for more. Lives on the loop. */
final class Intake {

  private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

  private static final Duration AGAIN_FIRST = Duration.ofMillis(500);
  private static final Duration AGAIN_MAX = Duration.ofSeconds(10);

  /**
   * Where many are held and few more may be, a pull waits so long for others to end: one call then
   * brings what several would have.
   */
  static final Duration GATHERS = Duration.ofMillis(100);

  /** How many must be held for each that may come, for those to be few. */
  static final int MANY = 8;

  private final Clocked clock;
  private final Loop loop;
  private final IntUnaryOperator room;
  private final IntFunction<Future<List<Delivery>>> call;
  private final Function<Delivery, Future<?>> work;
  private final Promise<Void> empty = Promise.promise();
  private int held;
  private boolean pulling;
  private boolean stopped;
  private Duration again = AGAIN_FIRST;
  private Clocked.@Nullable Timer waiting;

  /**
   * @param room how many more may be held beside so many, zero or less if none
   * @param call a pull of at most so many
   * @param work completes when the delivery is held no longer
   */
  Intake(
      Clocked clock,
      Loop loop,
      IntUnaryOperator room,
      IntFunction<Future<List<Delivery>>> call,
      Function<Delivery, Future<?>> work) {
    this.clock = clock;
    this.loop = loop;
    this.room = room;
    this.call = call;
    this.work = work;
  }

  int held() {
    return held;
  }

  /** Pulls if there is room and no pull is under way; called whenever there may be room. */
  void pull() {
    if (stopped || pulling || waiting != null) {
      return;
    }
    int free = room.applyAsInt(held);
    if (held > free * MANY && free > 0) {
      pullAfter(GATHERS);
    } else {
      pull(free);
    }
  }

  private void pullAfter(Duration delay) {
    waiting =
        clock.after(
            delay,
            () ->
                loop.execute(
                    () -> {
                      waiting = null;
                      if (!stopped) {
                        pull(room.applyAsInt(held));
                      }
                    }));
  }

  private void pull(int free) {
    if (free <= 0) {
      return;
    }
    pulling = true;
    loop.here(call.apply(free))
        .onComplete(
            pulled -> {
              if (pulled.succeeded()) {
                again = AGAIN_FIRST;
                take(pulled.result());
              } else if (!stopped) {
                pullLater(pulled.cause());
              }
              pulling = false;
              pull();
              endIfEmpty();
            });
  }

  private void pullLater(Throwable why) {
    LOG.warn("could not pull jobs; next try in {} ms: {}", again.toMillis(), why.toString());
    pullAfter(again);
    Duration doubled = again.multipliedBy(2);
    again = doubled.compareTo(AGAIN_MAX) > 0 ? AGAIN_MAX : doubled;
  }

  private void take(List<Delivery> deliveries) {
    for (Delivery delivery : deliveries) {
      held++;
      work.apply(delivery)
          .onComplete(
              done -> {
                held--;
                pull();
                endIfEmpty();
              });
    }
  }

  /**
   * Pulls no more. Idempotent.
   *
   * @return completes when nothing is held, and what the last pull brings is not either
   */
  Future<Void> stop() {
    stopped = true;
    if (waiting != null) {
      waiting.cancel();
    }
    endIfEmpty();
    return empty.future();
  }

  private void endIfEmpty() {
    if (stopped && held == 0 && !pulling) {
      empty.tryComplete();
    }
  }
}
