package dev.holdfast.bench;

import dev.holdfast.client.Metrics;
import dev.holdfast.emulator.FreePort;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.ToDoubleFunction;

/**
 * Two ways to run one job, at the same time, each with an API and a worker that have a core to
 * themselves. The ways change cores every {@value #SLICE_MILLIS} ms: what slows the machine slows
 * both, and what slows one core slows each in turn.
 */
final class SideBySide implements AutoCloseable {

  private static final int SLICE_MILLIS = 1_000;

  /** Even, so that a block has each way on each core for as long. */
  private static final int SLICES_OF_BLOCK = 4;

  static final int BLOCK_SECONDS = SLICES_OF_BLOCK * SLICE_MILLIS / 1_000;

  private static final String HOST = "127.0.0.1";
  private static final String ITEMS = "holdfast_items_total";

  /**
   * How far a way had come.
   *
   * @param cpuSeconds processor time of its API and its worker
   */
  record Sample(double seconds, double items, double cpuSeconds) {}

  /** Both ways at about the same time. */
  record Pair(Sample with, Sample without) {}

  /**
   * What a way's job took from its submit to its end.
   *
   * @param cpuSeconds processor time of its API and its worker
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

  private SideBySide(Way with, Way without) {
    this.with = with;
    this.without = without;
  }

  /** Starts both ways, each with a checkpoint span of its own. */
  static SideBySide start(Path directory, Path log, String with, String without)
      throws IOException, InterruptedException {
    Way first = Way.start(directory.resolve("with"), log, with);
    try {
      return new SideBySide(first, Way.start(directory.resolve("without"), log, without));
    } catch (IOException | InterruptedException | RuntimeException e) {
      first.stack.close();
      throw e;
    }
  }

  /**
   * Has both run a job of the same lines.
   *
   * @param core where "with" begins
   */
  Outcome job(String lines, int items, int core) throws IOException, InterruptedException {
    double withBefore = with.items();
    double withoutBefore = without.items();
    CompletableFuture<Ended> withEnd = CompletableFuture.supplyAsync(() -> with.job(lines));
    CompletableFuture<Ended> withoutEnd = CompletableFuture.supplyAsync(() -> without.job(lines));
    CompletableFuture<Void> both = CompletableFuture.allOf(withEnd, withoutEnd);
    List<Pair> pairs = new ArrayList<>();
    for (int slice = 0; !both.isDone(); slice++) {
      if (slice % SLICES_OF_BLOCK == 0) {
        Pair pair = new Pair(with.sample(withBefore), without.sample(withoutBefore));
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

  @Override
  public void close() {
    with.stack.close();
    without.stack.close();
  }

  private record Way(Stack stack, int managementPort, Metrics metrics) {

    static Way start(Path data, Path log, String span) throws IOException, InterruptedException {
      int port = FreePort.find();
      List<String> worker = new ArrayList<>(Stack.Commands.USUAL.worker());
      worker.addAll(List.of("--management-port", Integer.toString(port)));
      Stack.Commands commands = new Stack.Commands(Stack.Commands.USUAL.api(), worker);
      Map<String, String> settings = Map.of("HOLDFAST_CHECKPOINT", span);
      return new Way(Stack.start(data, log, 0, settings, commands), port, new Metrics());
    }

    double items() throws IOException, InterruptedException {
      return metrics
          .counter(HOST, managementPort, ITEMS)
          .orElseThrow(() -> new IOException("the worker does not tell its " + ITEMS));
    }

    Sample sample(double itemsBefore) throws IOException, InterruptedException {
      double items = items() - itemsBefore;
      return new Sample(System.nanoTime() / 1e9, items, cpuSeconds());
    }

    private double cpuSeconds() throws IOException {
      return stack.worker().cpuSeconds() + stack.apiProcess().cpuSeconds();
    }

    void pin(int core) throws IOException, InterruptedException {
      stack.worker().pin(core);
      stack.apiProcess().pin(core);
    }

    /** Blocks until it is complete. */
    Ended job(String lines) {
      try {
        double cpu = cpuSeconds();
        long from = System.nanoTime();
        JsonObject ended = stack.api.await(stack.api.submitFile(lines));
        double seconds = (System.nanoTime() - from) / 1e9;
        long parts = ended.getJsonObject("result").getLong("parts");
        return new Ended(seconds, cpuSeconds() - cpu, parts);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw new CompletionException(e);
      }
    }
  }
}
