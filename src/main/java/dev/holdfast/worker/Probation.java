package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import java.time.Duration;

/**
 * What a job is under after attempts that ended without a word: something of it is made durable
 * early, and if it must be worked on alone, that is until all that they may have died of is. Not
 * thread-safe; lives on the loop.
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
  private final long reached;
  private final Duration untold;
  private Stage stage;
  private boolean begun;
  private long sinceNanos;
  private long upTo;

  private Probation(Stage stage, Clocked clock, long reached, Duration untold, Runnable acquitted) {
    this.stage = stage;
    this.clock = clock;
    this.reached = reached;
    this.untold = untold;
    this.acquitted = acquitted;
  }

  /**
   * That of a job which must be worked on alone.
   *
   * @param claimed the record with the dead attempts in it
   * @param acquitted hears that the job may be worked on among others
   */
  static Probation alone(Job claimed, Clocked clock, Runnable acquitted) {
    long reached = claimed.attempts().stream().mapToLong(Job.Attempt::reached).max().orElse(0);
    return new Probation(Stage.SUSPECT, clock, reached, UNTOLD, acquitted);
  }

  /**
   * That of a job which one worker died over, among others: whatever it infers first is made
   * durable, since progress clears it, and the next worker may die soon.
   */
  static Probation inCompany(Clocked clock) {
    return new Probation(Stage.SUSPECT, clock, 0, Duration.ZERO, () -> {});
  }

  /** That of a job which is not suspected. */
  static Probation none(Clocked clock) {
    return new Probation(Stage.OVER, clock, 0, Duration.ZERO, () -> {});
  }

  /**
   * Whether nothing has been inferred yet, and little should be read before that is: the more of
   * its neighbours' items are in the way, the later is the first of its own durable, and a job that
   * is killed thrice before that has failed.
   */
  boolean untried() {
    return on() && !begun;
  }

  /** Whether the job must be worked on alone. */
  boolean on() {
    return stage != Stage.OVER;
  }

  /**
   * Whether what is inferred must be made durable now: the first of it, since that shows that the
   * job can be worked on at all, and what is enough; each once.
   *
   * @param next the item before which everything is inferred
   */
  boolean due(long next) {
    boolean first = untried();
    begun = true;
    return enough(next) || first;
  }

  private boolean enough(long next) {
    if (stage == Stage.SUSPECT && next >= reached) {
      stage = Stage.UNTOLD;
      sinceNanos = clock.nanos();
    }
    if (stage != Stage.UNTOLD || clock.nanos() - sinceNanos < untold.toNanos()) {
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
