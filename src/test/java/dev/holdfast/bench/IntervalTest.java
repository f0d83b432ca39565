package dev.holdfast.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.holdfast.bench.Report.Figure;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class IntervalTest {

  @Test
  void studentsTIsThatOfTheTables() {
    assertThat(Interval.student(3)).isCloseTo(3.182, offset(0.008));
    assertThat(Interval.student(4)).isCloseTo(2.776, offset(0.002));
    assertThat(Interval.student(9)).isCloseTo(2.262, offset(0.001));
    assertThat(Interval.student(29)).isCloseTo(2.045, offset(0.001));
    assertThat(Interval.student(120)).isCloseTo(1.980, offset(0.001));
  }

  @Test
  void theIntervalIsTSpreadsOfTheMeanToEachSide() {
    // logarithms -0.02, 0, 0, 0, 0.02: mean 0, their spread 0.014142, the mean's 0.0063246
    Interval interval =
        Interval.ofRatios(Stream.of(-0.02, 0.0, 0.0, 0.0, 0.02).map(Math::exp).toList());
    assertThat(interval.mean()).isCloseTo(1, offset(1e-12));
    assertThat(Math.log(interval.high())).isCloseTo(2.776 * 0.0063246, offset(2e-5));
    assertThat(Math.log(interval.low())).isCloseTo(-2.776 * 0.0063246, offset(2e-5));
  }

  @Test
  void theIntervalHoldsTheTruthInNineteenOfTwentyCases() {
    Random random = new Random(7);
    int holds = 0;
    for (int i = 0; i < 2_000; i++) {
      List<Double> ratios = new ArrayList<>();
      for (int k = 0; k < 8; k++) {
        ratios.add(0.99 * Math.exp(0.05 * random.nextGaussian()));
      }
      Interval interval = Interval.ofRatios(ratios);
      holds += interval.low() <= 0.99 && interval.high() >= 0.99 ? 1 : 0;
    }
    assertThat(holds).isBetween(1_860, 1_940);
  }

  @Test
  void itIsShownAsAMeanWithARange() {
    Interval interval = Interval.ofRatios(List.of(0.9, 1.0, 1.0, 1.1));
    Figure figure = new Figure("speed", interval.asRounds(), "");
    assertThat(figure.median()).isEqualTo(interval.mean());
    assertThat(figure.min()).isEqualTo(interval.low());
    assertThat(figure.max()).isEqualTo(interval.high());
  }

  @Test
  void threeValuesAreTooFew() {
    assertThatThrownBy(() -> Interval.ofRatios(List.of(1.0, 1.0, 1.0)))
        .hasMessageContaining("needs 4 values, there are 3");
  }
}
