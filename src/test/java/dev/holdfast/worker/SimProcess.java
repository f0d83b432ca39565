package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * A process of the simulated fleet: its clock, its one thread, and its calls to the world outside.
 * A dead one's timers and answers vanish, what it has sent does not; a paused one does everything
 * later.
 */
final class SimProcess implements Clocked, Executor {

  /** How long after a call that failed it may still be applied: longer than a lease. */
  private static final int LATE_MILLIS_MAX = 45_000;

  private final SimWorld world;
  private final String name;
  private final long skewMillis;
  private boolean alive = true;
  private long pausedUntil;
  private int callsToDeath = Integer.MAX_VALUE;
  private boolean dieUnheard;
  private boolean disturbed;
  private int writesToLose;

  /**
   * @param skewMillis how far its time of day is ahead of the world's
   */
  SimProcess(SimWorld world, String name, long skewMillis) {
    this.world = world;
    this.name = name;
    this.skewMillis = skewMillis;
  }

  String name() {
    return name;
  }

  boolean alive() {
    return alive;
  }

  long pausedUntil() {
    return pausedUntil;
  }

  boolean paused() {
    return pausedUntil > world.now();
  }

  void kill(String why) {
    if (alive) {
      alive = false;
      world.say(this, () -> "dies: " + why);
    }
  }

  void pause(long millis) {
    pausedUntil = world.now() + millis;
    disturbed = true;
    world.say(this, () -> "stalls for " + millis + " ms");
  }

  /** Its next writes do not arrive: the connection that they are sent on is gone. */
  void loseWrites(int writes) {
    writesToLose = writes;
    disturbed |= writes > 0;
  }

  /**
   * @param calls from now on; the process dies at the last of them
   * @param unheard whether that one is not sent any more
   */
  void dieAtCall(int calls, boolean unheard) {
    callsToDeath = calls;
    dieUnheard = unheard;
  }

  /** Whether it ever stalled, or a call of its went wrong. */
  boolean disturbed() {
    return disturbed;
  }

  @Override
  public Instant instant() {
    return SimWorld.BEGIN.plusMillis(world.now() + skewMillis);
  }

  @Override
  public long nanos() {
    return world.now() * 1_000_000;
  }

  @Override
  public Timer after(Duration delay, Runnable task) {
    boolean[] cancelled = new boolean[1];
    world.after(
        delay.toMillis(),
        this,
        () -> {
          if (!cancelled[0]) {
            task.run();
          }
        });
    return () -> cancelled[0] = true;
  }

  @Override
  public void execute(Runnable task) {
    world.after(0, this, task);
  }

  /** What becomes of a call. */
  private enum Fate {
    LOST,
    DEAF,
    LATE,
    TWICE
  }

  /**
   * Calls a service.
   *
   * @param effect what the service does and answers when the call reaches it; an exception is an
   *     answer, too
   * @return never completes if the process dies before the answer
   */
  <T> Future<T> call(Supplier<String> what, Supplier<T> effect) {
    Promise<T> reply = Promise.promise();
    if (!sends(what)) {
      return reply.future();
    }
    long there = world.delay();
    if (!world.fault()) {
      world.surely(there, () -> serve(what, effect, reply, true));
      return reply.future();
    }
    disturbed = true;
    Fate fate = Fate.values()[world.below(Fate.values().length)];
    world.say(this, () -> "      which is " + fate);
    switch (fate) {
      case LOST -> fail(reply, there + world.between(10, 3_000));
      case DEAF -> {
        world.surely(there, () -> serve(what, effect, reply, false));
        fail(reply, there + world.between(10, 3_000));
      }
      case LATE -> {
        long late = world.between(10, LATE_MILLIS_MAX);
        fail(reply, world.between(10, 3_000));
        world.surely(there + late, () -> serve(what, effect, reply, false));
      }
      case TWICE -> {
        world.surely(there, () -> serve(what, effect, reply, true));
        world.surely(there + world.between(0, 500), () -> serve(what, effect, reply, false));
      }
    }
    return reply.future();
  }

  /** Calls a service to write something down. */
  <T> Future<T> write(Supplier<String> what, Supplier<T> effect) {
    if (writesToLose == 0) {
      return call(what, effect);
    }
    writesToLose--;
    Promise<T> reply = Promise.promise();
    if (sends(what)) {
      world.say(this, () -> "      which does not arrive");
      fail(reply, world.between(10, 1_000));
    }
    return reply.future();
  }

  /** Whether a call leaves the process, which may die over it. */
  boolean sends(Supplier<String> what) {
    if (!alive) {
      return false;
    }
    boolean last = --callsToDeath <= 0;
    if (last) {
      kill("at its call " + what.get() + (dieUnheard ? ", which is not sent" : ", which is sent"));
    }
    boolean sent = !last || !dieUnheard;
    if (sent) {
      world.say(this, () -> what.get() + " ...");
    }
    return sent;
  }

  private <T> void serve(
      Supplier<String> what, Supplier<T> effect, Promise<T> reply, boolean answered) {
    T answer;
    try {
      answer = effect.get();
    } catch (JobException refused) {
      world.say(this, () -> "... " + what.get() + " refused: " + refused.error().code());
      if (answered) {
        world.after(world.delay(), this, () -> reply.tryFail(refused));
      }
      return;
    }
    world.say(this, () -> "... " + what.get() + " = " + shown(answer));
    if (answered) {
      world.after(world.delay(), this, () -> reply.tryComplete(answer));
    }
  }

  private static String shown(Object answer) {
    String text = String.valueOf(answer);
    return text.length() > 90 ? text.substring(0, 90) + "…" : text;
  }

  /** Fails a call by an accident, which says nothing about what became of it. */
  <T> void fail(Promise<T> reply, long millis) {
    world.after(millis, this, () -> reply.tryFail(new IOException("no answer")));
  }
}
