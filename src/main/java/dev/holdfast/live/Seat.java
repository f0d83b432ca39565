package dev.holdfast.live;

/** One watcher of one job. */
final class Seat {
  final Watcher watcher;

  /** The number of the first read that began after it came. */
  final long from;

  boolean told;

  Seat(Watcher watcher, long from) {
    this.watcher = watcher;
    this.from = from;
  }
}
