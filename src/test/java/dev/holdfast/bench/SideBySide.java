package dev.holdfast.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.ToDoubleFunction;

/**
 * Two ways to run one job, at the same time, each with a core to itself. The ways change cores
 * every {@value #SLICE_MILLIS} ms: what slows the machine slows both, and what slows one core slows
 * each in turn.
 */
final class SideBySide {

  private static final int SLICE_MILLIS = 1_000;

  /** Even, so that a block has each way on each core for as long. */
  private static final int SLICES_OF_BLOCK = 4;

  static final int BLOCK_SECONDS = SLICES_OF_BLOCK * SLICE_MILLIS / 1_000;

  /**
   * How far a way had come.
   *
   * @param cpuSeconds processor time of all its processes
   */
  record Sample(double seconds, double items, double cpuSeconds) {}

  /** Both ways at about the same time. */
  record Pair(Sample with, Sample without) {}

  /**
   * What a way's job took from its submit to its end.
   *
   * @param cpuSeconds processor time of all its processes
   */
  record Ended(double seconds, double cpuSeconds, long parts) {}

  /**
   * @param pairs at the ends of the blocks in which both inferred
   */
  record Outcome(Ended with, Ended without, List<Pair> pairs) {

    /** Throughput with over throughput without, in each block. */
    List<Double> speeds() {
      return ratios(pairs, Sample::seconds);
    }

    /** Items for a second of processor time, with over without, in each block. */
    List<Double> thrifts() {
      return ratios(pairs, Sample::cpuSeconds);
    }
  }

  private final Way with;
  private final Way without;

  SideBySide(Way with, Way without) {
    this.with = with;
    this.without = without;
  }

  /**
   * Has both run a job of the same sentences.
   *
   * @param first the number of the first one
   * @param core where "with" begins
   */
  Outcome job(long first, int items, int core) throws IOException, InterruptedException {
    double withBefore = with.items();
    double withoutBefore = without.items();
    CompletableFuture<Ended> withEnd = CompletableFuture.supplyAsync(() -> with.job(first, items));
    CompletableFuture<Ended> withoutEnd =
        CompletableFuture.supplyAsync(() -> without.job(first, items));
    CompletableFuture<Void> both = CompletableFuture.allOf(withEnd, withoutEnd);
    List<Pair> pairs = new ArrayList<>();
    for (int slice = 0; !both.isDone(); slice++) {
      if (slice % SLICES_OF_BLOCK == 0) {
        Pair pair = new Pair(sample(with, withBefore), sample(without, withoutBefore));
        if (within(pair.with, items) && within(pair.without, items)) {
          pairs.add(pair);
        }
      }
      int mine = (core + slice) % 2;
      with.pin(mine);
      without.pin(1 - mine);
      waitFor(both);
    }
    return new Outcome(withEnd.join(), withoutEnd.join(), pairs);
  }

  private static boolean within(Sample sample, int items) {
    return sample.items > 0 && sample.items < items;
  }

  private static void waitFor(CompletableFuture<Void> both)
      throws IOException, InterruptedException {
    try {
      both.get(SLICE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      // the next slice
    } catch (ExecutionException e) {
      throw new IOException(e);
    }
  }

  /**
   * With over without in each block: items for what they cost.
   *
   * @param pairs at the ends of blocks that follow each other
   */
  static List<Double> ratios(List<Pair> pairs, ToDoubleFunction<Sample> cost) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 1; i < pairs.size(); i++) {
      Pair from = pairs.get(i - 1);
      Pair to = pairs.get(i);
      ratios.add(rate(from.with, to.with, cost) / rate(from.without, to.without, cost));
    }
    return ratios;
  }

  private static double rate(Sample from, Sample to, ToDoubleFunction<Sample> cost) {
    return (to.items - from.items) / (cost.applyAsDouble(to) - cost.applyAsDouble(from));
  }

  private static Sample sample(Way way, double itemsBefore)
      throws IOException, InterruptedException {
    double items = way.items() - itemsBefore;
    return new Sample(System.nanoTime() / 1e9, items, way.cpuSeconds());
  }
}
