package dev.holdfast.worker;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Virtual time, what is going to happen on it, and the chance that decides the order: one seed's
 * world. Everything in it runs on the thread that calls {@link #step}, so a seed is a run that can
 * be repeated to the last event.
 */
final class SimWorld {

  static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  private record Event(long at, long number, @Nullable SimProcess owner, Runnable task)
      implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(number, other.number);
    }
  }

  private final SplittableRandom chance;
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final @Nullable List<String> trace;
  private long now;
  private long numbered;
  private long steps;
  private int underWay;
  private double faultRate;
  private @Nullable String violation;
  private @Nullable Throwable escaped;

  /**
   * @param traced whether to write down what happens, which costs much more time than the rest
   */
  SimWorld(long seed, boolean traced) {
    chance = new SplittableRandom(seed);
    trace = traced ? Collections.synchronizedList(new ArrayList<>()) : null;
  }

  /** How many things have happened. */
  long steps() {
    return steps;
  }

  /** Virtual milliseconds since the beginning. */
  long now() {
    return now;
  }

  /**
   * Runs a task later.
   *
   * @param owner its process, which may be dead or paused by then, or null for the world outside
   */
  void after(long millis, @Nullable SimProcess owner, Runnable task) {
    events.add(new Event(now + Math.max(0, millis), numbered++, owner, task));
  }

  /** Runs a task of the outside later; the world does not come to rest before it. */
  void surely(long millis, Runnable task) {
    underWay++;
    after(
        millis,
        null,
        () -> {
          underWay--;
          task.run();
        });
  }

  /** Whether nothing is on its way that was sent {@link #surely}. */
  boolean atRest() {
    return underWay == 0;
  }

  /** Lets the next thing happen. */
  void step() {
    steps++;
    Event next = events.remove();
    now = Math.max(now, next.at);
    SimProcess owner = next.owner;
    if (owner != null && !owner.alive()) {
      return;
    }
    if (owner != null && owner.pausedUntil() > now) {
      events.add(new Event(owner.pausedUntil(), numbered++, owner, next.task));
      return;
    }
    guard(next.task);
  }

  /** Does something that must not throw: an exception is a promise that was broken. */
  void guard(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      escaped = escaped == null ? e : escaped;
      violated("an exception went through everything: " + e);
    }
  }

  /** Nobody has looked at a clock for so long. */
  void skip(long millis) {
    now += millis;
  }

  boolean chance(double probability) {
    return chance.nextDouble() < probability;
  }

  /** From 0, less than {@code bound}. */
  int below(int bound) {
    return chance.nextInt(bound);
  }

  /** From {@code from} to {@code to}, both included. */
  int between(int from, int to) {
    return chance.nextInt(from, to + 1);
  }

  /** How often a call goes wrong from now on, 0 to 1. */
  void faultRate(double rate) {
    faultRate = rate;
  }

  /** Whether the next call goes wrong. */
  boolean fault() {
    return faultRate > 0 && chance(faultRate);
  }

  /** What one way of a call takes, in milliseconds. */
  long delay() {
    return faultRate > 0 && chance(0.03) ? between(100, 3_000) : between(0, 20);
  }

  void say(@Nullable SimProcess who, Supplier<String> what) {
    if (trace != null) {
      trace.add(
          "%9.3f s  %-8s %s".formatted(now / 1e3, who == null ? "-" : who.name(), what.get()));
    }
  }

  /** Writes down the first promise that was broken; the run ends. */
  void violated(String promise) {
    if (violation == null) {
      violation = promise;
      say(null, () -> "VIOLATED: " + promise);
    }
  }

  @Nullable String violation() {
    return violation;
  }

  /** What was thrown and caught by nobody, or null. */
  @Nullable Throwable escaped() {
    return escaped;
  }

  /** What happened so far, also for those who look on. */
  List<String> trace() {
    return trace == null ? List.of() : List.copyOf(trace);
  }
}
