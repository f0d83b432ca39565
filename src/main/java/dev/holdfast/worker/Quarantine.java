package dev.holdfast.worker;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Where jobs wait whose last attempt ended without a word: one of them may kill whoever infers it,
 * and its neighbours would be blamed with it. While any waits nothing else is begun; when all that
 * runs has come to rest, each has its turn alone. Not thread-safe; lives on the loop.
 */
final class Quarantine {

  private record Turn(Supplier<Future<Void>> take, Promise<Void> done) {}

  private final BooleanSupplier quiet;
  private final Runnable began;
  private final Runnable ended;
  private final Deque<Turn> waiting = new ArrayDeque<>();
  private Promise<Void> over = Promise.promise();
  private boolean taking;
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
    return taking || !waiting.isEmpty();
  }

  /** Whether a job has its turn now. */
  boolean taking() {
    return taking;
  }

  /** Completes when {@link #active} ends. */
  Future<Void> over() {
    return over.future();
  }

  /**
   * Waits for a turn.
   *
   * @param take the turn; never fails
   * @return completes when the turn is over
   */
  Future<Void> enter(Supplier<Future<Void>> take) {
    Turn turn = new Turn(take, Promise.promise());
    boolean first = !active();
    waiting.add(turn);
    if (dissolved) {
      dissolve();
    } else if (first) {
      began.run();
      look();
    }
    return turn.done().future();
  }

  /** Something may have come to rest. */
  void look() {
    if (taking || waiting.isEmpty() || !quiet.getAsBoolean()) {
      return;
    }
    taking = true;
    Turn turn = waiting.remove();
    turn.take()
        .get()
        .onComplete(
            done -> {
              taking = false;
              turn.done().complete();
              if (waiting.isEmpty()) {
                end();
              } else {
                look();
              }
            });
  }

  /** From now on nobody waits: each turn is taken at once, by whoever knows that it must not. */
  void dissolve() {
    dissolved = true;
    while (!waiting.isEmpty()) {
      Turn turn = waiting.remove();
      turn.take().get().onComplete(done -> turn.done().complete());
    }
    if (!taking) {
      end();
    }
  }

  private void end() {
    Promise<Void> ending = over;
    over = Promise.promise();
    ended.run();
    ending.complete();
  }
}
