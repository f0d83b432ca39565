package dev.holdfast;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * What a chaos run does and when, all of it from one seed.
 *
 * @param jobs in the order they are submitted
 * @param kills in the order they happen
 */
record ChaosPlan(List<Submission> jobs, List<Kill> kills) {

  /** One job in this many is a large one. */
  private static final int LARGE_EVERY = 10;

  private static final int SMALL_ITEMS_MAX = 5;

  /** Long enough for a worker that was replaced to load its model, on most machines. */
  private static final Duration GAP_MIN = Duration.ofSeconds(3);

  private static final Duration GAP_MAX = Duration.ofSeconds(6);

  /** How workers are taken away. */
  enum Mode {
    SIGKILL,
    SPOT,
    MIXED
  }

  /**
   * @param first the first of its sentences; no two jobs share one
   * @param at when it is submitted, since the begin
   */
  record Submission(int items, long first, Duration at) {}

  /**
   * @param worker which, from 0
   * @param spot with SIGTERM first; else without a word
   * @param at when, since the begin; later if too few workers are there by then
   */
  record Kill(int worker, boolean spot, Duration at) {}

  /**
   * @param items of a large job
   */
  static ChaosPlan of(int jobs, int items, int kills, int workers, Mode mode, long seed) {
    Random random = new Random(seed);
    List<Kill> killed = new ArrayList<>();
    Duration at = Duration.ZERO;
    for (int i = 0; i < kills; i++) {
      long gap = GAP_MAX.minus(GAP_MIN).toMillis();
      at = at.plus(GAP_MIN).plusMillis((long) (random.nextDouble() * gap));
      boolean spot =
          switch (mode) {
            case SIGKILL -> false;
            case SPOT -> true;
            case MIXED -> random.nextBoolean();
          };
      killed.add(new Kill(random.nextInt(workers), spot, at));
    }
    List<Submission> submitted = new ArrayList<>();
    long first = 0;
    for (int i = 0; i < jobs; i++) {
      int size = i % LARGE_EVERY == 0 ? items : 1 + random.nextInt(SMALL_ITEMS_MAX);
      submitted.add(new Submission(size, first, at.multipliedBy(i).dividedBy(jobs)));
      first += size;
    }
    return new ChaosPlan(List.copyOf(submitted), List.copyOf(killed));
  }

  /** The same jobs, all at once, and nobody is killed. */
  ChaosPlan undisturbed() {
    return new ChaosPlan(
        jobs.stream().map(job -> new Submission(job.items(), job.first(), Duration.ZERO)).toList(),
        List.of());
  }

  long items() {
    return jobs.stream().mapToLong(Submission::items).sum();
  }
}
