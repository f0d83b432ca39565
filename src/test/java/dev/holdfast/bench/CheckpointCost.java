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
import java.util.Map;
import java.util.function.Function;

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
      try (Way with = way(data.resolve("with"), span);
          Way without = way(data.resolve("without"), WITHOUT)) {
        SideBySide ways = new SideBySide(with, without);
        ways.job((long) rounds * items, WARM_UP_ITEMS, round % 2);
        outcomes.add(ways.job((long) round * items, items, round % 2));
      }
    }
    report(span, items, new Outcomes(outcomes, report));
  }

  private Way way(Path data, String span) throws IOException, InterruptedException {
    return HoldfastWay.start(data, log, Map.of("HOLDFAST_CHECKPOINT", span), CheckpointCost::text);
  }

  private static String text(long i) {
    String sentence = Sentences.at(i);
    return sentence.substring(0, Math.min(sentence.length(), CHARS)) + ' ' + i;
  }

  private void report(String span, int items, Outcomes outcomes) {
    String what = "%d texts, %s over %s".formatted(items, span, WITHOUT);
    job(what + ": with", items, outcomes, Outcome::with);
    job(what + ": without", items, outcomes, Outcome::without);
    outcomes.wholeJobs(what + ": speed of whole jobs", Ended::seconds);
    outcomes.blocks(what + ": speed", Outcome::speeds);
    outcomes.wholeJobs(what + ": texts a processor second of whole jobs", Ended::cpuSeconds);
    outcomes.blocks(what + ": texts a processor second", Outcome::thrifts);
    cuts(what, outcomes.rounds());
    if (span.equals(TUNED)) {
      Outcome last = outcomes.rounds().get(outcomes.rounds().size() - 1);
      report.curve(
          List.of(
              series("span " + span, last.pairs(), Pair::with),
              series("span " + WITHOUT, last.pairs(), Pair::without)));
    }
  }

  private static void job(
      String what, int items, Outcomes outcomes, Function<Outcome, Ended> which) {
    outcomes.add(what, o -> items / which.apply(o).seconds(), "texts/s");
    outcomes.add(what + ", parts", o -> which.apply(o).parts(), "");
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
