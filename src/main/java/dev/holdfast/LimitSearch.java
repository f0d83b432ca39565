package dev.holdfast;

import dev.holdfast.Sweep.Point;
import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.worker.InferenceEngine.InferenceException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * Looks for the smallest batch limits at which a model is nearly as fast as it can be: first the
 * padded tokens of a batch, doubled until that gains nothing any more, then at those its items;
 * then how many lanes are worth it, and last what is configured against what was found, in turns.
 */
final class LimitSearch {

  /** What is measured if time allows; more points than this are rare. */
  static final int POINTS_USUAL = 24;

  static final int ITEMS_MAX = 4_096;
  static final int TOKENS_MAX = 1 << 26;
  private static final int TURNS = 3;

  /** Shares of the time by which the next step begins. */
  private static final double UNTIL_TOKENS = 0.4;

  private static final double UNTIL_ITEMS = 0.7;
  private static final double UNTIL_LANES = 0.8;

  /** What is suggested must be so much faster than what is configured, in most turns. */
  private static final double WORTH_A_CHANGE = 1.03;

  /** One measurement. */
  interface Measurement {
    Point at(int lanes, int itemsMax, int tokensMax)
        throws InferenceException, InterruptedException;
  }

  /**
   * What was found.
   *
   * @param points all of them, in their order
   * @param configured the median of what is configured
   * @param suggested the median of what should be; the same limits if those are as fast
   */
  record Found(List<Point> points, Point configured, Point suggested) {
    boolean changes() {
      return configured.itemsMax() != suggested.itemsMax()
          || configured.tokensMax() != suggested.tokensMax();
    }
  }

  private final Measurement measurement;
  private final DoubleSupplier timeSpent;
  private final Consumer<Point> hears;
  private final List<Point> points = new ArrayList<>();

  /**
   * @param timeSpent as a share of all there is; beyond 1 only what decides is measured, once
   * @param hears each point as it is known
   */
  LimitSearch(Measurement measurement, DoubleSupplier timeSpent, Consumer<Point> hears) {
    this.measurement = measurement;
    this.timeSpent = timeSpent;
    this.hears = hears;
  }

  private interface Step {
    Point measured(int limit) throws InferenceException, InterruptedException;
  }

  /**
   * @param lanes all there are
   * @param usualTokens the length of a usual item; the first limit that is tried is the power of
   *     two from there
   * @throws InferenceException if a batch cannot be inferred for another reason than its size
   */
  Found find(int lanes, int usualTokens, BatchLimits configured)
      throws InferenceException, InterruptedException {
    int tokensFrom = Math.max(1, Integer.highestOneBit(2 * usualTokens - 1));
    List<Point> byTokens =
        climb(tokensFrom, TOKENS_MAX, UNTIL_TOKENS, tokens -> measure(lanes, ITEMS_MAX, tokens));
    Point free = Sweep.knee(byTokens);
    List<Point> byItems =
        climb(1, ITEMS_MAX / 2, UNTIL_ITEMS, items -> measure(lanes, items, free.tokensMax()));
    byItems.add(free);
    Point best = Sweep.knee(byItems);
    for (int fewer = 1; fewer < lanes && timeSpent.getAsDouble() < UNTIL_LANES; fewer *= 2) {
      measure(fewer, best.itemsMax(), best.tokensMax());
    }
    List<Point> before = new ArrayList<>();
    List<Point> after = new ArrayList<>();
    for (int turn = 0; turn == 0 || (turn < TURNS && timeSpent.getAsDouble() < 1); turn++) {
      before.add(measure(lanes, configured.itemsMax(), configured.tokensMax()));
      after.add(measure(lanes, best.itemsMax(), best.tokensMax()));
    }
    Point now = median(before);
    Point then = median(after);
    int faster = 0;
    for (int turn = 0; turn < before.size(); turn++) {
      double worth = WORTH_A_CHANGE * before.get(turn).itemsPerSecond();
      faster += after.get(turn).itemsPerSecond() >= worth ? 1 : 0;
    }
    boolean worth = 2 * faster > before.size();
    return new Found(List.copyOf(points), now, worth ? then : now);
  }

  /** Doubles a limit until that gains nothing, does not fit into memory, or there is no time. */
  private List<Point> climb(int from, int max, double until, Step step)
      throws InferenceException, InterruptedException {
    List<Point> climbed = new ArrayList<>();
    long limit = from;
    do {
      climbed.add(step.measured((int) limit));
      limit *= 2;
    } while (limit <= max
        && climbed.get(climbed.size() - 1).itemsPerSecond() > 0
        && !Sweep.flat(climbed)
        && timeSpent.getAsDouble() < until);
    return climbed;
  }

  private Point measure(int lanes, int itemsMax, int tokensMax)
      throws InferenceException, InterruptedException {
    Point point = measurement.at(lanes, itemsMax, tokensMax);
    points.add(point);
    hears.accept(point);
    return point;
  }

  private static Point median(List<Point> turns) {
    List<Point> sorted = new ArrayList<>(turns);
    sorted.sort((a, b) -> Double.compare(a.itemsPerSecond(), b.itemsPerSecond()));
    return sorted.get(sorted.size() / 2);
  }
}
