package dev.holdfast.worker;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Where jobs wait whose last attempt ended without a word: one of them may kill whoever infers it,
 * and its neighbours would be blamed with it. While any waits nothing else is begun; when all that
 * runs has come to rest, they have their turns: those that may be together in groups, the others
 * one by one. A turn is over when its job has been dealt with, or before that when the job is
 * acquitted and goes on among the others. Not thread-safe; lives on the loop.
 */
final class Quarantine {

  /** How many are tried together: so many at most are blamed with the one that kills. */
  private static final int GROUP = 16;

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
  private final Deque<Turn> together = new ArrayDeque<>();
  private final Deque<Turn> alone = new ArrayDeque<>();
  private final Set<Turn> now = new LinkedHashSet<>();
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
    return !now.isEmpty() || waiting();
  }

  private boolean waiting() {
    return !together.isEmpty() || !alone.isEmpty();
  }

  /** Completes when {@link #active} ends. */
  Future<Void> over() {
    return over.future();
  }

  /**
   * Waits for a turn.
   *
   * @param company whether others may have theirs at the same time
   * @param take the turn, which never fails; it is given whom to tell that the job is acquitted
   * @return completes when what was taken has ended
   */
  Future<Void> enter(boolean company, Function<Runnable, Future<Void>> take) {
    Turn turn = new Turn(take);
    boolean first = !active();
    (company ? together : alone).add(turn);
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
    if (!now.isEmpty() || !waiting() || !quiet.getAsBoolean()) {
      return;
    }
    while (now.size() < GROUP && !together.isEmpty()) {
      now.add(together.remove());
    }
    if (now.isEmpty()) {
      now.add(alone.remove());
    }
    List.copyOf(now).forEach(turn -> take(turn, () -> over(turn)));
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
    if (!now.remove(turn) || !now.isEmpty() || dissolved) {
      return;
    }
    if (waiting()) {
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
    for (Deque<Turn> queue = together; waiting(); queue = alone) {
      while (!queue.isEmpty()) {
        take(queue.remove(), () -> {});
      }
    }
  }

  private void end() {
    Promise<Void> ending = over;
    over = Promise.promise();
    ended.run();
    ending.complete();
  }
}
