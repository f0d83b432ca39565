package dev.holdfast.world;

import dev.holdfast.job.Clocked;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A clock whose hands a test moves; timers run on the thread that moves them. Thread-safe. */
public final class ManualClock implements Clocked {

  private record Alarm(long number, Instant at, Runnable task) {}

  private static final Duration STEP = Duration.ofMillis(50);
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  private final List<Alarm> alarms = new ArrayList<>();
  private long numbered;
  private Instant now = BEGIN;

  @Override
  public synchronized Instant instant() {
    return now;
  }

  /** Runs by itself, since work takes time, and jumps with the hands. */
  @Override
  public synchronized long nanos() {
    return System.nanoTime() + Duration.between(BEGIN, now).toNanos();
  }

  @Override
  public Timer after(Duration delay, Runnable task) {
    Alarm alarm;
    synchronized (this) {
      alarm = new Alarm(numbered++, now.plus(delay.isNegative() ? Duration.ZERO : delay), task);
      alarms.add(alarm);
    }
    return () -> {
      synchronized (this) {
        alarms.removeIf(a -> a.number() == alarm.number());
      }
    };
  }

  /** Moves the hands; every timer that comes due runs at its own time, in order. */
  public void advance(Duration by) {
    Instant until = instant().plus(by);
    while (true) {
      Alarm next;
      synchronized (this) {
        next = alarms.stream().min(Comparator.comparing(Alarm::at)).orElse(null);
        if (next == null || next.at().isAfter(until)) {
          now = until;
          return;
        }
        alarms.remove(next);
        now = next.at().isAfter(now) ? next.at() : now;
      }
      next.task().run();
    }
  }

  /** Moves on by itself, ten times as fast as a wall's clock, until that is done. */
  public void runUntil(Future<?> done) {
    CountDownLatch over = new CountDownLatch(1);
    done.onComplete(ended -> over.countDown());
    try {
      while (!over.await(STEP.toMillis() / 10, TimeUnit.MILLISECONDS)) {
        advance(STEP);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("nobody waits any more", e);
    }
  }
}
