package dev.holdfast.worker;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Plays seeds one after the other on a thread of its own and watches over them. Whatever becomes of
 * one, be it a broken promise, an exception or a loop without an end, is told with the seed and its
 * trace.
 *
 * <p>Bounds are on the processor time of that thread: a machine that is busy with other things
 * takes longer, but not more. What waits instead of working is bounded by the clock on the wall.
 */
final class SimSeeds {

  /** What is played with a seed. */
  interface Game {
    void play(SimWorld world, long seed);
  }

  /**
   * @param all processor time of a whole run
   * @param each processor time of one seed
   * @param wall time of one seed on the wall
   * @param replay time on the wall to write down the trace of a seed that has failed
   */
  record Limits(Duration all, Duration each, Duration wall, Duration replay) {

    private static final Duration ALL_MIN = Duration.ofSeconds(60);

    /** Thrice what a seed takes on average, so that 20,000 of them have a minute. */
    private static final Duration ALL_PER_SEED = Duration.ofMillis(3);

    static Limits of(long seeds) {
      Duration all = ALL_PER_SEED.multipliedBy(seeds);
      return new Limits(
          all.compareTo(ALL_MIN) < 0 ? ALL_MIN : all,
          Duration.ofSeconds(20),
          Duration.ofMinutes(5),
          Duration.ofSeconds(10));
    }
  }

  /** Of a trace that has no end, the newest lines. */
  private static final int LINES_MAX = 5_000;

  private static final int POLL_MILLIS = 100;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Game game;
  private final Limits limits;
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile long seed;
  private volatile long seedBeganNanos;
  private volatile long seedBeganBusyNanos;
  private volatile long tookNanos;
  private volatile @Nullable SimWorld broken;

  SimSeeds(Game game, Limits limits) {
    this.game = game;
    this.limits = limits;
  }

  /** Plays so many seeds; throws at the first that fails, and if all of them take too long. */
  static void play(SimPlant plant, long from, long seeds) {
    new SimSeeds((world, seed) -> Simulation.play(world, seed, plant), Limits.of(seeds))
        .play(from, seeds);
  }

  void play(long from, long seeds) {
    begin(from);
    Thread player = new Thread(() -> playAll(from, seeds), "seeds");
    player.setDaemon(true);
    player.start();
    while (!isOver()) {
      watch(player);
    }
    SimWorld failed = broken;
    if (failed != null) {
      throw failure("breaks a promise: " + failed.violation(), failed.escaped());
    }
    if (tookNanos > limits.all.toNanos()) {
      throw tooSlow(tookNanos);
    }
  }

  private void playAll(long from, long seeds) {
    try {
      for (long next = from; next < from + seeds && broken == null; next++) {
        begin(next);
        SimWorld world = play(next, false);
        if (world.violation() != null) {
          broken = world;
        }
      }
      tookNanos = busyNanos(Thread.currentThread());
    } finally {
      over.countDown();
    }
  }

  private SimWorld play(long number, boolean traced) {
    SimWorld world = new SimWorld(number, traced);
    world.guard(() -> game.play(world, number));
    return world;
  }

  private void begin(long next) {
    seedBeganBusyNanos = busyNanos(Thread.currentThread());
    seedBeganNanos = System.nanoTime();
    seed = next;
  }

  /** 0 where that is not measured. */
  private static long busyNanos(Thread thread) {
    return THREADS.isThreadCpuTimeSupported() && THREADS.isThreadCpuTimeEnabled()
        ? Math.max(0, THREADS.getThreadCpuTime(thread.getId()))
        : 0;
  }

  private boolean isOver() {
    try {
      return over.await(POLL_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure("was being played when nobody waited any more", e);
    }
  }

  private void watch(Thread player) {
    long number = seed;
    long busy = busyNanos(player);
    long inSeed = busy - seedBeganBusyNanos;
    long wall = System.nanoTime() - seedBeganNanos;
    if (number != seed || over.getCount() == 0) {
      return;
    }
    if (inSeed > limits.each.toNanos() || wall > limits.wall.toNanos()) {
      Throwable where = new IllegalStateException("where it is");
      where.setStackTrace(player.getStackTrace());
      throw failure("does not end", where);
    }
    if (busy > limits.all.toNanos()) {
      throw tooSlow(busy);
    }
  }

  private AssertionError tooSlow(long nanos) {
    return new AssertionError(
        "the seeds up to %d took %.1f s of processor time, and may take %.1f"
            .formatted(seed, nanos / 1e9, limits.all.toNanos() / 1e9));
  }

  private AssertionError failure(String how, @Nullable Throwable why) {
    return new AssertionError(
        "seed %d %s%n%s".formatted(seed, how, String.join("\n", trace(seed))), why);
  }

  /** A seed is the same run each time, so it is written down the second time only. */
  private List<String> trace(long number) {
    SimWorld world = new SimWorld(number, true);
    Thread replay = new Thread(() -> world.guard(() -> game.play(world, number)), "replay");
    replay.setDaemon(true);
    replay.start();
    boolean interrupted = Thread.interrupted();
    try {
      replay.join(limits.replay.toMillis());
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    List<String> lines = world.trace();
    return lines.subList(Math.max(0, lines.size() - LINES_MAX), lines.size());
  }
}
