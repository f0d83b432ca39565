package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MemoryLimitsTest {

  private static final int PADDED_MAX = 4_096;

  private final MemoryLimits limits = new MemoryLimits(PADDED_MAX);

  private void good(int items, int longest, int times) {
    for (int i = 0; i < times; i++) {
      limits.fitted(items, longest);
    }
  }

  @Test
  void whatDidNotFitLimitsItsLengthAndGreaterOnes() {
    assertThat(limits.padded(64)).isEqualTo(PADDED_MAX);
    limits.tooLarge(32, 64);
    assertThat(limits.padded(64)).isEqualTo(1_024);
    assertThat(limits.padded(512)).isEqualTo(1_024);
    assertThat(limits.padded(63)).as("shorter items may need less").isEqualTo(PADDED_MAX);
    limits.tooLarge(2, 256);
    assertThat(limits.padded(256)).isEqualTo(256);
    assertThat(limits.padded(64)).isEqualTo(1_024);
  }

  @Test
  void aLimitGrowsAfterManyGoodBatchesAndIsForgottenInTheEnd() {
    limits.tooLarge(32, 64);
    good(1, 64, 10_000);
    assertThat(limits.padded(64)).as("small batches prove nothing").isEqualTo(1_024);
    good(16, 64, MemoryLimits.GOOD_FIRST);
    assertThat(limits.padded(64)).isEqualTo(1_280);
    good(64, 64, MemoryLimits.GOOD_FIRST * 6);
    assertThat(limits.padded(64)).isEqualTo(PADDED_MAX);
  }

  @Test
  void aLimitThatGrewTooFarGoesBackAndWaitsLonger() {
    limits.tooLarge(32, 64);
    good(16, 64, MemoryLimits.GOOD_FIRST);
    limits.tooLarge(20, 64);
    assertThat(limits.padded(64)).isEqualTo(1_024);
    good(16, 64, MemoryLimits.GOOD_FIRST * 4 - 1);
    assertThat(limits.padded(64)).isEqualTo(1_024);
    good(16, 64, 1);
    assertThat(limits.padded(64)).isEqualTo(1_280);
  }

  @Test
  void knowsWhatEverFitted() {
    assertThat(limits.everFitted(1)).isFalse();
    limits.fitted(2, 100);
    assertThat(limits.everFitted(100)).isTrue();
    assertThat(limits.everFitted(101)).isFalse();
  }
}
