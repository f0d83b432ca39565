package dev.holdfast.bench;

import java.io.IOException;

/** One way to work through sentences, in processes that can be moved from core to core. */
interface Way extends AutoCloseable {

  /** Sentences that were inferred so far, of all jobs. */
  double items() throws IOException, InterruptedException;

  /** Processor time of all its processes so far. */
  double cpuSeconds() throws IOException;

  /** Moves all of it. */
  void pin(int core) throws IOException, InterruptedException;

  /**
   * Runs one job of sentences that follow each other; blocks until it has ended.
   *
   * @param first the number of the first one
   */
  SideBySide.Ended job(long first, int items);

  @Override
  void close();
}
