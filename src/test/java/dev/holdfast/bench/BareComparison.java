package dev.holdfast.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;

/**
 * A bare loop in a process of its own, and rounds that take turns with it on the same sentences.
 */
final class BareComparison implements AutoCloseable {

  private static final int ROUNDS = Integer.getInteger("bench.rounds", 3);

  /** Sentences that no round has. */
  private static final long WARM_UP_FIRST = 900_000;

  private final Child bare;
  private final Report report;

  private BareComparison(Child bare, Report report) {
    this.bare = bare;
    this.report = report;
  }

  /**
   * Starts the loop.
   *
   * @param core the core that it is pinned to, or -1 for any
   */
  static BareComparison start(Path model, int core, Path log, Report report) throws IOException {
    List<String> command = List.of(BareLoop.class.getName(), model.toString());
    Child bare = Child.start(core, Map.of(), log, Stack.WORKER_FLAGS, command);
    return new BareComparison(bare, report);
  }

  /** Waits for the loop's model and has it embed something that does not count. Call once. */
  void warmUp(int sentences) throws IOException {
    bare.answer();
    bare.ask(WARM_UP_FIRST + " " + sentences);
  }

  /** The same sentences on the full path. */
  interface Round {
    /**
     * @param first the number of the round's first sentence
     */
    double seconds(long first) throws IOException, InterruptedException, ExecutionException;
  }

  /**
   * Runs all rounds and reports them. The loop has one half of the sentences before the full path
   * has all and the other half afterwards, so that a machine that slows down slows both. Where
   * others take the processor now and then, the ratio of processor times holds better.
   *
   * @param worker whose processor time is the full path's
   */
  void with(String what, int sentences, Child worker, Round full)
      throws IOException, InterruptedException, ExecutionException {
    List<Double> bareRates = new ArrayList<>();
    List<Double> fullRates = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    List<Double> cpuRatios = new ArrayList<>();
    int half = sentences / 2;
    for (int round = 0; round < ROUNDS; round++) {
      long first = (long) round * sentences;
      double bareCpu = -bare.cpuSeconds();
      double bareSeconds = seconds(first, half);
      double cpu = -worker.cpuSeconds();
      double seconds = full.seconds(first);
      cpu += worker.cpuSeconds();
      bareSeconds += seconds(first + half, sentences - half);
      bareCpu += bare.cpuSeconds();
      bareRates.add(sentences / bareSeconds);
      fullRates.add(sentences / seconds);
      ratios.add(bareSeconds / seconds);
      cpuRatios.add(bareCpu / cpu);
    }
    report.add(what + ", bare loop", bareRates, "sentences/s");
    report.add(what + ", full path", fullRates, "sentences/s");
    report.add(what + ", full path over bare loop", ratios, "");
    report.add(what + ", the same by processor time", cpuRatios, "");
  }

  private double seconds(long first, int sentences) throws IOException {
    return Double.parseDouble(bare.ask(first + " " + sentences));
  }

  @Override
  public void close() {
    bare.close();
  }
}
