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

  private static Duration seconds(double seconds) {
    return Duration.ofMillis(Math.round(seconds * 1_000));
  }
}
