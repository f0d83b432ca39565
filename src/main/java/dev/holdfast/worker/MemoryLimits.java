package dev.holdfast.worker;

import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How large a batch fits into the memory of one model's device, learnt from those that did not: in
 * padded tokens, which are items times the longest, by the length of the longest in powers of two.
 * Longer items need no less memory for each padded token, so a limit holds for greater lengths,
 * too. Items of different signatures say nothing about each other: a model may need far more for a
 * tensor of another shape with as many elements.
 *
 * <p>A limit may be too strict: the memory may have been somebody else's for a moment. So it grows
 * a little after many good batches, and each time that was wrong it waits four times as long.
 * Thread-safe.
 */
final class MemoryLimits {

  /** Good batches before a limit grows for the first time. */
  static final int GOOD_FIRST = 256;

  /** Signatures that are remembered, those that were used last: clients make them up. */
  static final int SIGNATURES_MAX = 1_024;

  private static final int GOOD_MAX = 1 << 20;

  private static final double GROWTH = 1.25;

  private static final class Limit {
    long padded = Long.MAX_VALUE;
    long beforeGrowth;
    long good;
    long goodWanted = GOOD_FIRST;
  }

  /** What is known of one signature; without limits until a batch did not fit. */
  private static final class Known {
    int longestFitted;
    Limit[] byLength = {};
  }

  private final long paddedMax;
  private final Map<Object, Known> bySignature = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * @param paddedMax what a batch never has more of; a limit that grows to it is forgotten
   */
  MemoryLimits(long paddedMax) {
    this.paddedMax = paddedMax;
  }

  /** How many padded tokens a batch may have; a single item may always be tried. */
  synchronized long padded(Object signature, int longest) {
    Known known = bySignature.get(signature);
    long least = paddedMax;
    if (known != null && known.byLength.length > 0) {
      for (int i = 0; i <= place(longest); i++) {
        least = Math.min(least, known.byLength[i].padded);
      }
    }
    return least;
  }

  /** A batch did not fit. */
  synchronized void tooLarge(Object signature, int items, int longest) {
    Known known = known(signature);
    if (known.byLength.length == 0) {
      known.byLength = new Limit[Integer.SIZE];
      Arrays.setAll(known.byLength, i -> new Limit());
    }
    long had = (long) items * longest;
    Limit limit = known.byLength[place(longest)];
    boolean grewTooFar = limit.beforeGrowth > 0 && limit.beforeGrowth < had;
    limit.padded = Math.min(limit.padded, grewTooFar ? limit.beforeGrowth : had / 2);
    limit.goodWanted = Math.min(GOOD_MAX, limit.goodWanted * (grewTooFar ? 4 : 1));
    limit.beforeGrowth = 0;
    limit.good = 0;
  }

  /** A batch did fit. */
  synchronized void fitted(Object signature, int items, int longest) {
    Known known = known(signature);
    known.longestFitted = Math.max(known.longestFitted, longest);
    for (int i = 0; i < known.byLength.length && i <= place(longest); i++) {
      Limit limit = known.byLength[i];
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

  /** Whether an item like that, of that length or a longer one, was ever inferred. */
  synchronized boolean everFitted(Object signature, int longest) {
    Known known = bySignature.get(signature);
    return known != null && longest <= known.longestFitted;
  }

  private Known known(Object signature) {
    Known known = bySignature.computeIfAbsent(signature, unknown -> new Known());
    if (bySignature.size() > SIGNATURES_MAX) {
      Iterator<Known> eldest = bySignature.values().iterator();
      eldest.next();
      eldest.remove();
    }
    return known;
  }

  private static int place(int longest) {
    return Integer.SIZE - 1 - Integer.numberOfLeadingZeros(Math.max(1, longest));
  }
}
