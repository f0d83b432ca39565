package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CheckpointPolicyTest {

  private static final Duration HOUR = Duration.ofHours(1);

  /**
   * Method: plays a long run with random interruptions for spans around the one that the policy
   * chose; none of them may waste less.
   */
  @Test
  void theChosenSpanWastesLeast() {
    double cost = 2;
    double between = 600;
    double best = CheckpointPolicy.daly(cost, between);
    double least = wasted(best, cost, between);
    for (double factor : new double[] {0.25, 0.5, 2, 4}) {
      assertThat(wasted(best * factor, cost, between)).as("factor " + factor).isGreaterThan(least);
    }
  }

  /** Seconds lost per second of useful work, over 200,000 interruptions. */
  private static double wasted(double span, double cost, double between) {
    Random random = new Random(7);
    double useful = 0;
    double total = 0;
    for (int i = 0; i < 200_000; i++) {
      double alive = -Math.log(1 - random.nextDouble()) * between;
      useful += Math.floor(alive / (span + cost)) * span;
      total += alive;
    }
    return total / useful - 1;
  }

  @Test
  void followsTheCostOfAPartAndTheTimeBetweenInterruptions() {
    CheckpointPolicy policy = CheckpointPolicy.tuned(HOUR);
    assertThat(policy.span()).isEqualTo(CheckpointPolicy.SPAN_FIRST);
    for (int i = 0; i < 50; i++) {
      policy.cut(Duration.ofMillis(100));
    }
    assertThat(seconds(policy.span())).isCloseTo(Math.sqrt(2 * 0.1 * 3600), within(0.5));
    for (int i = 0; i < 50; i++) {
      policy.cut(Duration.ofSeconds(1));
    }
    assertThat(seconds(policy.span())).isCloseTo(Math.sqrt(2 * 1 * 3600), within(2.0));
    for (int i = 0; i < 9; i++) {
      policy.worked(Duration.ofMinutes(10), true);
    }
    double between = (3600 + 9 * 600) / 10.0;
    assertThat(seconds(policy.span())).isCloseTo(Math.sqrt(2 * between), within(2.0));
    policy.worked(HOUR, false);
    assertThat(seconds(policy.span())).isGreaterThan(Math.sqrt(2 * between) + 2);
  }

  @Test
  void staysWithinItsBounds() {
    CheckpointPolicy calm = CheckpointPolicy.tuned(Duration.ofDays(30));
    calm.cut(Duration.ofSeconds(1));
    assertThat(calm.span()).isEqualTo(CheckpointPolicy.SPAN_MAX);
    CheckpointPolicy stormy = CheckpointPolicy.tuned(Duration.ofSeconds(30));
    stormy.cut(Duration.ofMillis(10));
    assertThat(stormy.span()).isEqualTo(CheckpointPolicy.SPAN_MIN);
  }

  @Test
  void aFirstHourWithoutALossStaysNearTwentySeconds() {
    CheckpointPolicy policy = CheckpointPolicy.tuned(HOUR);
    policy.cut(Duration.ZERO);
    assertThat(seconds(policy.span())).isCloseTo(20, within(0.1));
    policy.worked(HOUR, false);
    assertThat(seconds(policy.span())).isLessThan(28.6);
  }

  @Test
  void anOutageIsNotTakenForTheCostOfACut() {
    CheckpointPolicy policy = CheckpointPolicy.tuned(HOUR);
    policy.cut(Duration.ofMinutes(20));
    assertThat(policy.costSeconds()).isLessThan(0.25);
    for (int i = 0; i < 60; i++) {
      policy.cut(Duration.ZERO);
    }
    assertThat(seconds(policy.span())).isCloseTo(20, within(0.1));
  }

  @Test
  void aFixedSpanStaysWhatItIs() {
    CheckpointPolicy policy = CheckpointPolicy.fixed(Duration.ofSeconds(2));
    policy.cut(Duration.ofSeconds(9));
    policy.worked(Duration.ofSeconds(1), true);
    assertThat(policy.span()).isEqualTo(Duration.ofSeconds(2));
    assertThat(policy.due(900_000_000, 50_000_000, 0)).isFalse();
    assertThat(policy.due(960_000_000, 50_000_000, 0)).isTrue();
    assertThat(policy.due(0, 0, CheckpointPolicy.PART_BYTES_MAX)).isTrue();
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
