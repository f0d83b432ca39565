package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import java.time.Duration;

/**
 * What a job is under after attempts that ended without a word, until all that they may have died
 * of is durable: it goes in steps that begin small and double, and each is made durable. An
 * innocent job gets somewhere at once, though the next worker may die soon; one whose input kills
 * leaves half of the way to it at most to the next attempt, so that few workers die until it is
 * found. Not thread-safe; lives on the loop.
 */
final class Probation {

  /**
   * How much longer than to where the dead attempts said they were: they told once in two {@link
   * WorkerOptions#PROGRESS_INTERVAL}s at the least, and nobody works slower in less company.
   */
  private static final Duration UNTOLD = WorkerOptions.PROGRESS_INTERVAL.multipliedBy(2);

  private enum Stage {
    SUSPECT,
    UNTOLD,
    KEEPING,
    OVER
  }

  private final Clocked clock;
  private final Runnable acquitted;
  private final long from;
  private final long reached;
  private Stage stage;
  private long done;
  private long kept;
  private long sinceNanos;
  private long upTo;

  private Probation(Stage stage, Clocked clock, long from, long reached, Runnable acquitted) {
    this.stage = stage;
    this.clock = clock;
    this.from = from;
    this.reached = reached;
    this.acquitted = acquitted;
  }

  /**
   * That of a job over which workers died.
   *
   * @param claimed the record with the dead attempts in it
   * @param acquitted hears that the job may be worked on as any other
   */
  static Probation after(Job claimed, Clocked clock, Runnable acquitted) {
    long reached = claimed.attempts().stream().mapToLong(Job.Attempt::reached).max().orElse(0);
    long from = claimed.checkpoint().nextItem();
    return new Probation(Stage.SUSPECT, clock, from, reached, acquitted);
  }

  /** That of a job which is not suspected. */
  static Probation none(Clocked clock) {
    return new Probation(Stage.OVER, clock, 0, 0, () -> {});
  }

  /**
   * How many items may be on their way at once: as many as are done, so that few of its neighbours'
   * are in the way of the first.
   *
   * @param first how many at least
   */
  int step(int first) {
    return on() ? (int) Math.min(Integer.MAX_VALUE, Math.max(first, done)) : Integer.MAX_VALUE;
  }

  /** Whether what the dead attempts may have died of is not durable yet. */
  boolean on() {
    return stage != Stage.OVER;
  }

  /**
   * Whether what is inferred must be made durable now; says so once for each step.
   *
   * @param next the item before which everything is inferred
   */
  boolean due(long next) {
    if (!on()) {
      return false;
    }
    done = next - from;
    boolean due = enough(next) || done >= 2 * kept;
    if (due) {
      kept = done;
    }
    return due;
  }

  private boolean enough(long next) {
    if (stage == Stage.SUSPECT && next >= reached) {
      stage = Stage.UNTOLD;
      sinceNanos = clock.nanos();
    }
    if (stage != Stage.UNTOLD || clock.nanos() - sinceNanos < UNTOLD.toNanos()) {
      return false;
    }
    stage = Stage.KEEPING;
    upTo = next;
    return true;
  }

  /** The checkpoint has moved. */
  void durable(Job.Checkpoint checkpoint) {
    if (stage == Stage.KEEPING && checkpoint.nextItem() >= upTo) {
      stage = Stage.OVER;
      acquitted.run();
    }
  }
}
