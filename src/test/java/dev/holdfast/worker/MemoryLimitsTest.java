package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MemoryLimitsTest {

  private static final int PADDED_MAX = 4_096;
  private static final Object ONE = "one signature";
  private static final Object OTHER = "another one";

  private final MemoryLimits limits = new MemoryLimits(PADDED_MAX);

  private void good(int items, int longest, int times) {
    for (int i = 0; i < times; i++) {
      limits.fitted(ONE, items, longest);
    }
  }

  @Test
  void whatDidNotFitLimitsItsLengthAndGreaterOnes() {
    assertThat(limits.padded(ONE, 64)).isEqualTo(PADDED_MAX);
    limits.tooLarge(ONE, 32, 64);
    assertThat(limits.padded(ONE, 64)).isEqualTo(1_024);
    assertThat(limits.padded(ONE, 512)).isEqualTo(1_024);
    assertThat(limits.padded(ONE, 63)).as("shorter items may need less").isEqualTo(PADDED_MAX);
    limits.tooLarge(ONE, 2, 256);
    assertThat(limits.padded(ONE, 256)).isEqualTo(256);
    assertThat(limits.padded(ONE, 64)).isEqualTo(1_024);
  }

  @Test
  void aLimitGrowsAfterManyGoodBatchesAndIsForgottenInTheEnd() {
    limits.tooLarge(ONE, 32, 64);
    good(1, 64, 10_000);
    assertThat(limits.padded(ONE, 64)).as("small batches prove nothing").isEqualTo(1_024);
    good(16, 64, MemoryLimits.GOOD_FIRST);
    assertThat(limits.padded(ONE, 64)).isEqualTo(1_280);
    good(64, 64, MemoryLimits.GOOD_FIRST * 6);
    assertThat(limits.padded(ONE, 64)).isEqualTo(PADDED_MAX);
  }

  @Test
  void aLimitThatGrewTooFarGoesBackAndWaitsLonger() {
    limits.tooLarge(ONE, 32, 64);
    good(16, 64, MemoryLimits.GOOD_FIRST);
    limits.tooLarge(ONE, 20, 64);
    assertThat(limits.padded(ONE, 64)).isEqualTo(1_024);
    good(16, 64, MemoryLimits.GOOD_FIRST * 4 - 1);
    assertThat(limits.padded(ONE, 64)).isEqualTo(1_024);
    good(16, 64, 1);
    assertThat(limits.padded(ONE, 64)).isEqualTo(1_280);
  }

  @Test
  void knowsWhatEverFitted() {
    assertThat(limits.everFitted(ONE, 1)).isFalse();
    limits.fitted(ONE, 2, 100);
    assertThat(limits.everFitted(ONE, 100)).isTrue();
    assertThat(limits.everFitted(ONE, 101)).isFalse();
  }

  @Test
  void oneSignatureSaysNothingOfAnother() {
    limits.fitted(ONE, 2, 100);
    limits.tooLarge(ONE, 32, 64);
    assertThat(limits.everFitted(OTHER, 1)).isFalse();
    assertThat(limits.padded(OTHER, 64)).isEqualTo(PADDED_MAX);
  }

  @Test
  void signaturesThatClientsMakeUpAreForgottenBeforeThoseInUse() {
    limits.tooLarge(ONE, 32, 64);
    limits.fitted(OTHER, 1, 100);
    for (int i = 0; i < MemoryLimits.SIGNATURES_MAX; i++) {
      assertThat(limits.padded(ONE, 64)).isEqualTo(1_024);
      limits.fitted(i, 1, 10);
    }
    assertThat(limits.everFitted(OTHER, 100)).isFalse();
  }
}
