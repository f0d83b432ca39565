package dev.holdfast.gcp;

/** How many calls {@link Gathering} may make, however slow the machine is. */
final class Pace {

  private Pace() {}

  /**
   * The most calls with one key since then, if bytes do not make more.
   *
   * @param items that came since then
   * @param beganNanos by {@link System#nanoTime()}
   */
  static int calls(Gathering.Limits limits, int items, long beganNanos) {
    long intervals = (System.nanoTime() - beganNanos) / limits.interval().toNanos() + 1;
    return items / limits.itemsMax() + Gathering.BURST + Math.toIntExact(intervals);
  }
}
