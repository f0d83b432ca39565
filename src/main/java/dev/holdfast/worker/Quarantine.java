package dev.holdfast.worker;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where jobs wait whose last attempts ended without a word: one of them may kill whoever infers it,
 * and its neighbours would be blamed with it. While any waits nothing else is begun; when all that
 * runs has come to rest, they have their turns one by one. A turn is over when its job has been
 * dealt with, or before that when the job is acquitted and goes on among the others. Not
 * thread-safe; lives on the loop.
 */
final class Quarantine {

  /**
   * How many may have or await their turn. A lost fleet leaves many suspects at once, and a turn
   * takes seconds: workers share them.
   */
  private static final int TURNS_MAX = 2;

  /**
   * How long a message rests that came while turns are taken, or whose job should have its turn on
   * another worker: turns take seconds, and another may have room.
   */
  static final Duration ELSEWHERE_DELAY = Duration.ofSeconds(1);

  /** By identity: each stands for itself. */
  private static final class Turn {
    private final Function<Runnable, Future<Void>> take;
    private final Promise<Void> done = Promise.promise();

    Turn(Function<Runnable, Future<Void>> take) {
      this.take = take;
    }
  }

  private final BooleanSupplier quiet;
  private final Runnable began;
  private final Runnable ended;
  private final Deque<Turn> waiting = new ArrayDeque<>();
  private @Nullable Turn now;
  private Promise<Void> over = Promise.promise();
  private boolean dissolved;

  /**
   * @param quiet whether nothing else is being inferred
   * @param began hears that everything else must come to rest; {@link #look} when it has
   * @param ended hears that everything else may go on
   */
  Quarantine(BooleanSupplier quiet, Runnable began, Runnable ended) {
    this.quiet = quiet;
    this.began = began;
    this.ended = ended;
  }

  /** Whether a job waits here or has its turn. */
  boolean active() {
    return now != null || !waiting.isEmpty();
  }

  /** Whether another job would wait longer here than on most other workers. */
  boolean full() {
    return !dissolved && waiting.size() + (now == null ? 0 : 1) >= TURNS_MAX;
  }

  /** Completes when {@link #active} ends. */
  Future<Void> over() {
    return over.future();
  }

  /**
   * Waits for a turn.
   *
   * @param take the turn, which never fails; it is given whom to tell that the job is acquitted
   * @return completes when what was taken has ended
   */
  Future<Void> enter(Function<Runnable, Future<Void>> take) {
    Turn turn = new Turn(take);
    boolean first = !active();
    waiting.add(turn);
    if (dissolved) {
      takeAll();
    } else if (first) {
      began.run();
      look();
    }
    return turn.done.future();
  }

  /** Something may have come to rest. */
  void look() {
    if (now != null || waiting.isEmpty() || !quiet.getAsBoolean()) {
      return;
    }
    Turn next = waiting.remove();
    now = next;
    take(next, () -> over(next));
  }

  private void take(Turn turn, Runnable over) {
    turn.take
        .apply(over)
        .onComplete(
            done -> {
              turn.done.complete();
              over.run();
            });
  }

  private void over(Turn turn) {
    if (now != turn || dissolved) {
      return;
    }
    now = null;
    if (!waiting.isEmpty()) {
      began.run();
      look();
    } else {
      end();
    }
  }

  /**
   * From now on nobody waits, neither for a turn nor for {@link #over}: each turn is taken at once,
   * by whoever knows that it must not.
   */
  void dissolve() {
    dissolved = true;
    takeAll();
    end();
  }

  private void takeAll() {
    while (!waiting.isEmpty()) {
      take(waiting.remove(), () -> {});
    }
  }

  private void end() {
    Promise<Void> ending = over;
    over = Promise.promise();
    ended.run();
    ending.complete();
  }
}
