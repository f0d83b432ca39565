package dev.holdfast.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import dev.holdfast.bench.SideBySide.Ended;
import dev.holdfast.bench.SideBySide.Outcome;
import dev.holdfast.bench.SideBySide.Pair;
import dev.holdfast.bench.SideBySide.Sample;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SideBySideTest {

  /** What one way did from one pair to the next. */
  private record Step(double seconds, double items, double cpuSeconds) {}

  private static Sample after(Sample sample, Step step) {
    return new Sample(
        sample.seconds() + step.seconds,
        sample.items() + step.items,
        sample.cpuSeconds() + step.cpuSeconds);
  }

  private static Outcome outcome(List<Step> with, List<Step> without) {
    List<Pair> pairs = new ArrayList<>();
    pairs.add(new Pair(new Sample(3, 10, 5), new Sample(3.5, 20, 7)));
    for (int i = 0; i < with.size(); i++) {
      Pair last = pairs.get(i);
      pairs.add(new Pair(after(last.with(), with.get(i)), after(last.without(), without.get(i))));
    }
    return new Outcome(new Ended(1, 1, 1), new Ended(1, 1, 1), pairs);
  }

  @Test
  void aBlocksSpeedIsWithOverWithout() {
    Outcome outcome =
        outcome(
            List.of(new Step(4, 990, 4), new Step(4, 495, 4)),
            List.of(new Step(4, 1_000, 4), new Step(2, 250, 2)));
    assertThat(outcome.speeds()).hasSize(2);
    assertThat(outcome.speeds()).allSatisfy(r -> assertThat(r).isCloseTo(0.99, offset(1e-9)));
  }

  @Test
  void whatTheProcessorTimeOfABlockWasGoodForIsAnotherRatio() {
    Outcome outcome = outcome(List.of(new Step(4, 1_000, 4)), List.of(new Step(4, 1_000, 3)));
    assertThat(outcome.speeds()).containsExactly(1.0);
    assertThat(outcome.thrifts()).containsExactly(0.75);
  }

  @Test
  void aJobThatIsOverBeforeABlockIsHasNoRatio() {
    assertThat(outcome(List.of(), List.of()).speeds()).isEmpty();
  }
}
