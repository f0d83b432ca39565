package dev.holdfast.tuning;

import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.job.ModelSpec.Choice;
import dev.holdfast.tuning.Sweep.Point;
import dev.holdfast.worker.InferenceEngine.InferenceException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the smallest batch limits at which a model is nearly as fast as it can be: first the
 * padded tokens of a batch, doubled until that gains nothing any more, then at those its items;
 * then whether fewer lanes are faster, and last what is configured against what was found, in
 * turns.
 */
public final class LimitSearch {

  /** What is measured if time allows; more points than this are rare. */
  public static final int POINTS_USUAL = 24;

  static final int ITEMS_MAX = 4_096;
  static final int TOKENS_MAX = 1 << 26;
  private static final int TURNS = 3;

  /** Shares of the time by which the next step begins. */
  private static final double UNTIL_TOKENS = 0.4;

  private static final double UNTIL_ITEMS = 0.7;
  private static final double UNTIL_LANES = 0.8;

  /**
   * What is suggested must be so much faster than what is configured, in most turns. So must fewer
   * lanes be than all: neighbours that take processors for a moment make them look as fast, and a
   * worker that then does without lanes would be slow for good.
   */
  private static final double WORTH_A_CHANGE = 1.03;

  /** One measurement. */
  public interface Measurement {
    Point at(int lanes, int itemsMax, int tokensMax)
        throws InferenceException, InterruptedException;
  }

  /**
   * What is asked.
   *
   * @param lanes all there are
   * @param devices which the lanes are dealt out to; fewer lanes than these are not tried
   * @param usualTokens the length of a usual item; the first limit that is tried is the power of
   *     two from there
   * @param open what is looked for; everything else stays as it is configured
   */
  public record Question(
      int lanes, int devices, int usualTokens, BatchLimits configured, Set<Choice> open) {}

  /**
   * What was found.
   *
   * @param points all of them, in their order
   * @param configured the median of what is configured
   * @param suggested the median of what should be; the same limits if those are as fast
   * @param lanes all, or fewer if those are faster
   */
  public record Found(List<Point> points, Point configured, Point suggested, int lanes) {
    public boolean changes() {
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
  public LimitSearch(Measurement measurement, DoubleSupplier timeSpent, Consumer<Point> hears) {
    this.measurement = measurement;
    this.timeSpent = timeSpent;
    this.hears = hears;
  }

  private interface Step {
    Point measured(int limit) throws InferenceException, InterruptedException;
  }

  /**
   * @throws InferenceException if a batch cannot be inferred for another reason than its size
   */
  public Found find(Question question) throws InferenceException, InterruptedException {
    Point best = knee(question);
    Point fewer = fewer(question, best);
    List<Point> before = new ArrayList<>();
    List<Point> after = new ArrayList<>();
    List<Point> lean = new ArrayList<>();
    BatchLimits configured = question.configured();
    for (int turn = 0; turn == 0 || (turn < TURNS && timeSpent.getAsDouble() < 1); turn++) {
      before.add(measure(question.lanes(), configured.itemsMax(), configured.tokensMax()));
      if (!batchIsConfigured(question)) {
        after.add(measure(question.lanes(), best.itemsMax(), best.tokensMax()));
      }
      if (fewer != null) {
        lean.add(measure(fewer.lanes(), best.itemsMax(), best.tokensMax()));
      }
    }
    Point now = median(before);
    List<Point> full = after.isEmpty() ? before : after;
    return new Found(
        List.copyOf(points),
        now,
        faster(before, full) ? median(full) : now,
        fewer != null && faster(full, lean) ? fewer.lanes() : question.lanes());
  }

  private static boolean batchIsConfigured(Question question) {
    return !question.open().contains(Choice.ITEMS) && !question.open().contains(Choice.TOKENS);
  }

  private Point knee(Question question) throws InferenceException, InterruptedException {
    int lanes = question.lanes();
    BatchLimits configured = question.configured();
    boolean itemsOpen = question.open().contains(Choice.ITEMS);
    int itemsMax = itemsOpen ? ITEMS_MAX : configured.itemsMax();
    if (batchIsConfigured(question)) {
      return measure(lanes, configured.itemsMax(), configured.tokensMax());
    }
    Point best = new Point(lanes, itemsMax, configured.tokensMax(), 0);
    if (question.open().contains(Choice.TOKENS)) {
      int from = Math.max(1, Integer.highestOneBit(2 * question.usualTokens() - 1));
      best =
          Sweep.knee(
              climb(from, TOKENS_MAX, UNTIL_TOKENS, tokens -> measure(lanes, itemsMax, tokens)));
    }
    if (itemsOpen) {
      int tokensMax = best.tokensMax();
      List<Point> byItems =
          climb(1, ITEMS_MAX / 2, UNTIL_ITEMS, items -> measure(lanes, items, tokensMax));
      byItems.add(best);
      best = Sweep.knee(byItems);
    }
    return best;
  }

  /** The fastest of fewer lanes, if it may be worth the change. */
  private @Nullable Point fewer(Question question, Point best)
      throws InferenceException, InterruptedException {
    if (!question.open().contains(Choice.LANES)) {
      return null;
    }
    Point fastest = null;
    for (int lanes = Math.max(1, question.devices());
        lanes < question.lanes() && timeSpent.getAsDouble() < UNTIL_LANES;
        lanes *= 2) {
      Point point = measure(lanes, best.itemsMax(), best.tokensMax());
      if (fastest == null || point.itemsPerSecond() > fastest.itemsPerSecond()) {
        fastest = point;
      }
    }
    return fastest != null && fastest.itemsPerSecond() > best.itemsPerSecond() ? fastest : null;
  }

  /** Whether most turns were worth a change. */
  private static boolean faster(List<Point> before, List<Point> after) {
    int faster = 0;
    for (int turn = 0; turn < before.size(); turn++) {
      double worth = WORTH_A_CHANGE * before.get(turn).itemsPerSecond();
      faster += after.get(turn).itemsPerSecond() >= worth ? 1 : 0;
    }
    return 2 * faster > before.size();
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
