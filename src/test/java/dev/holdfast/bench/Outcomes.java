package dev.holdfast.bench;

import dev.holdfast.bench.SideBySide.Ended;
import dev.holdfast.bench.SideBySide.Outcome;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** What two ways came to in all rounds, as figures of a report. */
record Outcomes(List<Outcome> rounds, Report report) {

  Outcomes {
    rounds = List.copyOf(rounds);
  }

  /** One figure of each round. */
  void add(String name, ToDoubleFunction<Outcome> figure, String unit) {
    report.add(name, rounds.stream().mapToDouble(figure).boxed().toList(), unit);
  }

  /** What "without" needed over what "with" did, for the whole job of each round. */
  void wholeJobs(String name, ToDoubleFunction<Ended> cost) {
    add(name, o -> cost.applyAsDouble(o.without()) / cost.applyAsDouble(o.with()), "");
  }

  /** The ratios of all blocks, and their mean with its interval; nothing if they are too few. */
  void blocks(String name, Function<Outcome, List<Double>> ratios) {
    List<Double> all = rounds.stream().flatMap(o -> ratios.apply(o).stream()).toList();
    if (all.size() >= Interval.VALUES_MIN) {
      report.add("%s, blocks of %d s".formatted(name, SideBySide.BLOCK_SECONDS), all, "");
      report.add(name + ", mean of blocks, 95 %", Interval.ofRatios(all).asRounds(), "");
    }
  }
}
