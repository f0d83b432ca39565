package dev.holdfast.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DrainPlanTest {

  @ParameterizedTest
  @CsvSource({"12, 8", "27, 18", "105, 70"})
  void twoThirdsAreForWork(double budget, double work) {
    DrainPlan plan = DrainPlan.of(seconds(budget), Duration.ZERO);
    assertThat(plan.work()).isCloseTo(seconds(work), Duration.ofMillis(1));
  }

  @Test
  void aBatchIsWaitedForIfTwiceItsTimeLeavesHalfOfTheWorksTime() {
    assertThat(DrainPlan.of(seconds(12), seconds(2)).finishBatch()).isTrue();
    assertThat(DrainPlan.of(seconds(12), seconds(2.1)).finishBatch()).isFalse();
    assertThat(DrainPlan.of(Duration.ZERO, Duration.ofMillis(1)).finishBatch()).isFalse();
  }

  @Test
  void aBatchIsGivenTwiceItsTimeAndAShortOneWhatIsUsual() {
    assertThat(given(12, 1.5)).isEqualTo(seconds(3));
    assertThat(given(12, 0.1)).isEqualTo(seconds(1.1));
    assertThat(given(12, 0)).isEqualTo(seconds(1.1));
    assertThat(given(12, 2.1)).isZero();
    assertThat(given(1.2, 0.1)).as("half of the work's time at most").isEqualTo(seconds(0.4));
    assertThat(given(0, 0)).isZero();
  }

  private static Duration given(double budget, double batch) {
    return DrainPlan.of(seconds(budget), seconds(batch)).batchWait(seconds(1.1));
  }

  @Test
  void recordsAreWaitedForUntilThereIsJustTimeForTheReleases() {
    assertThat(DrainPlan.of(seconds(12), Duration.ZERO).records()).isEqualTo(seconds(9));
    assertThat(DrainPlan.of(seconds(105), Duration.ZERO).records()).isEqualTo(seconds(78.75));
  }

  private static Duration seconds(double seconds) {
    return Duration.ofMillis(Math.round(seconds * 1_000));
  }
}
