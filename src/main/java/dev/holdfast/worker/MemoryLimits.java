package dev.holdfast.worker;

import java.util.Arrays;

/**
 * How large a batch fits into the memory of one model's device, learnt from those that did not: in
 * padded tokens, which are items times the longest, by the length of the longest in powers of two.
 * Longer items need no less memory for each padded token, so a limit holds for greater lengths,
 * too.
 *
 * <p>A limit may be too strict: the memory may have been somebody else's for a moment. So it grows
 * a little after many good batches, and each time that was wrong it waits four times as long.
 * Thread-safe.
 */
final class MemoryLimits {

  /** Good batches before a limit grows for the first time. */
  static final int GOOD_FIRST = 256;

  private static final int GOOD_MAX = 1 << 20;

  private static final double GROWTH = 1.25;

  private static final class Limit {
    long padded = Long.MAX_VALUE;
    long beforeGrowth;
    long good;
    long goodWanted = GOOD_FIRST;
  }

  private final long paddedMax;
  private final Limit[] byLength = new Limit[Integer.SIZE];
  private int longestFitted;

  /**
   * @param paddedMax what a batch never has more of; a limit that grows to it is forgotten
   */
  MemoryLimits(long paddedMax) {
    this.paddedMax = paddedMax;
    Arrays.setAll(byLength, i -> new Limit());
  }

  /** How many padded tokens a batch may have; a single item may always be tried. */
  synchronized long padded(int longest) {
    long least = paddedMax;
    for (int i = 0; i <= place(longest); i++) {
      least = Math.min(least, byLength[i].padded);
    }
    return least;
  }

  /** A batch did not fit. */
  synchronized void tooLarge(int items, int longest) {
    long had = (long) items * longest;
    Limit limit = byLength[place(longest)];
    boolean grewTooFar = limit.beforeGrowth > 0 && limit.beforeGrowth < had;
    limit.padded = Math.min(limit.padded, grewTooFar ? limit.beforeGrowth : had / 2);
    limit.goodWanted = Math.min(GOOD_MAX, limit.goodWanted * (grewTooFar ? 4 : 1));
    limit.beforeGrowth = 0;
    limit.good = 0;
  }

  /** A batch did fit. */
  synchronized void fitted(int items, int longest) {
    longestFitted = Math.max(longestFitted, longest);
    for (int i = 0; i <= place(longest); i++) {
      Limit limit = byLength[i];
      boolean near = limit.padded != Long.MAX_VALUE && 2L * items * longest >= limit.padded;
      if (near && ++limit.good >= limit.goodWanted) {
        limit.good = 0;
        limit.beforeGrowth = limit.padded;
        limit.padded = (long) Math.ceil(limit.padded * GROWTH);
        if (limit.padded >= paddedMax) {
          limit.padded = Long.MAX_VALUE;
        }
      }
    }
  }

  /** Whether an item of that length or a longer one was ever inferred. */
  synchronized boolean everFitted(int longest) {
    return longest <= longestFitted;
  }

  private static int place(int longest) {
    return Integer.SIZE - 1 - Integer.numberOfLeadingZeros(Math.max(1, longest));
  }
}
