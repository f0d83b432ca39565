package dev.holdfast.bench;

import dev.holdfast.Sentences;
import dev.holdfast.bench.Curve.Point;
import dev.holdfast.bench.Curve.Series;
import dev.holdfast.bench.SideBySide.Ended;
import dev.holdfast.bench.SideBySide.Outcome;
import dev.holdfast.bench.SideBySide.Pair;
import dev.holdfast.bench.SideBySide.Sample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * What checkpoints cost: one job's throughput with them over that of the same job without, side by
 * side. "Without" is a span that is longer than the job, which leaves the parts that the bound on
 * their size makes. Two shorter jobs show what the measurement is good for: without over without,
 * and a span that is far too short. Each round has processes of its own, since two processes of one
 * program need not be equally fast.
 */
final class CheckpointCost {

  private static final int ITEMS = Integer.getInteger("bench.checkpoint", 50_000);
  private static final int CONTROL_ITEMS = ITEMS / 5;
  private static final int WARM_UP_ITEMS = 1_000;
  private static final int ROUNDS = Integer.getInteger("bench.rounds", 2);

  /** Short texts, so that a job of many items is soon over. */
  private static final int CHARS = 30;

  private static final String WITHOUT = "5m";
  private static final String TUNED = "auto";
  private static final String TOO_SHORT = "1s";

  private final Path directory;
  private final Path log;
  private final Report report;

  private CheckpointCost(Path directory, Path log, Report report) {
    this.directory = directory;
    this.log = log;
    this.report = report;
  }

  static void run(Path directory, Path log, Report report)
      throws IOException, InterruptedException {
    CheckpointCost cost = new CheckpointCost(directory, log, report);
    cost.compare(TUNED, ITEMS, ROUNDS);
    cost.compare(WITHOUT, CONTROL_ITEMS, 1);
    cost.compare(TOO_SHORT, CONTROL_ITEMS, 1);
  }

  private void compare(String span, int items, int rounds)
      throws IOException, InterruptedException {
    List<Outcome> outcomes = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      Path data = directory.resolve(span + "-" + round);
      try (SideBySide ways = SideBySide.start(data, log, span, WITHOUT)) {
        ways.job(texts((long) rounds * items, WARM_UP_ITEMS), WARM_UP_ITEMS, round % 2);
        outcomes.add(ways.job(texts((long) round * items, items), items, round % 2));
      }
    }
    report(span, items, outcomes);
  }

  private static String texts(long first, int items) {
    StringBuilder lines = new StringBuilder();
    for (long i = first; i < first + items; i++) {
      String sentence = Sentences.at(i);
      lines.append('"').append(sentence, 0, Math.min(sentence.length(), CHARS));
      lines.append(' ').append(i).append("\"\n");
    }
    return lines.toString();
  }

  private void report(String span, int items, List<Outcome> outcomes) {
    String what = "%d texts, %s over %s".formatted(items, span, WITHOUT);
    job(what + ": with", items, outcomes, Outcome::with);
    job(what + ": without", items, outcomes, Outcome::without);
    report.add(what + ": speed of whole jobs", ratios(outcomes, Ended::seconds), "");
    blocks(what + ": speed", outcomes, Outcome::speeds);
    report.add(
        what + ": texts a processor second of whole jobs", ratios(outcomes, Ended::cpuSeconds), "");
    blocks(what + ": texts a processor second", outcomes, Outcome::thrifts);
    cuts(what, outcomes);
    if (span.equals(TUNED)) {
      Outcome last = outcomes.get(outcomes.size() - 1);
      report.curve(
          List.of(
              series("span " + span, last.pairs(), Pair::with),
              series("span " + WITHOUT, last.pairs(), Pair::without)));
    }
  }

  private void job(String what, int items, List<Outcome> outcomes, Function<Outcome, Ended> which) {
    List<Ended> ended = outcomes.stream().map(which).toList();
    report.add(what, figures(ended, e -> items / e.seconds()), "texts/s");
    report.add(what + ", parts", figures(ended, Ended::parts), "");
  }

  private static List<Double> ratios(List<Outcome> outcomes, ToDoubleFunction<Ended> cost) {
    return figures(outcomes, o -> cost.applyAsDouble(o.without()) / cost.applyAsDouble(o.with()));
  }

  /** What a cut costs that the size of the rows does not ask for. */
  private void cuts(String what, List<Outcome> outcomes) {
    List<Double> millis =
        outcomes.stream()
            .filter(o -> o.with().parts() != o.without().parts())
            .map(
                o ->
                    1_000
                        * (o.with().cpuSeconds() - o.without().cpuSeconds())
                        / (o.with().parts() - o.without().parts()))
            .toList();
    if (!millis.isEmpty()) {
      report.add(what + ": processor time of one more cut", millis, "ms");
    }
  }

  private static <T> List<Double> figures(List<T> all, ToDoubleFunction<T> figure) {
    return all.stream().mapToDouble(figure).boxed().toList();
  }

  private void blocks(String what, List<Outcome> outcomes, Function<Outcome, List<Double>> ratios) {
    List<Double> all = outcomes.stream().flatMap(o -> ratios.apply(o).stream()).toList();
    if (all.size() >= Interval.VALUES_MIN) {
      report.add("%s, blocks of %d s".formatted(what, SideBySide.BLOCK_SECONDS), all, "");
      report.add(what + ", mean of blocks, 95 %", Interval.ofRatios(all).asRounds(), "");
    }
  }

  /** Throughput from block to block. */
  private static Series series(String name, List<Pair> pairs, Function<Pair, Sample> which) {
    List<Point> points = new ArrayList<>();
    List<Sample> samples = pairs.stream().map(which).toList();
    for (int i = 1; i < samples.size(); i++) {
      Sample from = samples.get(i - 1);
      Sample to = samples.get(i);
      points.add(
          new Point(
              to.seconds() - samples.get(0).seconds(),
              (to.items() - from.items()) / (to.seconds() - from.seconds())));
    }
    return new Series(name, "texts/s", points);
  }
}
