package dev.holdfast.live;

/** One watcher of one job. */
final class Seat {
  final Watcher watcher;

  /** The number of the first read that began after it came. */
  final long from;

  boolean told;

  /** Whether the watcher is gone. */
  boolean left;

  Seat(Watcher watcher, long from) {
    this.watcher = watcher;
    this.from = from;
  }

  /** Whether it is there and has not seen the job yet. */
  boolean waits() {
    return !told && !left;
  }
}
