package dev.holdfast.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WeightTypeTest {

  private static int bits(WeightType type, float value) throws IOException {
    byte[] bytes = type.encode(new float[] {value});
    assertThat(bytes).hasSize(2);
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getShort() & 0xffff;
  }

  /** By the definitions: sign, exponent, fraction. */
  private static float number(WeightType type, int bits) {
    int fractionBits = type == WeightType.FP16 ? 10 : 7;
    int bias = type == WeightType.FP16 ? 15 : 127;
    int exponent = (bits & 0x7fff) >>> fractionBits;
    double fraction = Math.scalb((double) (bits & ((1 << fractionBits) - 1)), -fractionBits);
    double magnitude =
        exponent == 0 ? Math.scalb(fraction, 1 - bias) : Math.scalb(1 + fraction, exponent - bias);
    return (float) (bits >>> 15 == 0 ? magnitude : -magnitude);
  }

  @ParameterizedTest
  @CsvSource({"FP16, 0x7c00", "BF16, 0x7f80"})
  void everyNumberOfTheTypeStaysItselfAndOthersGoToTheNearest(WeightType type, int infinity)
      throws IOException {
    for (int low = 0; low < infinity; low++) {
      float number = number(type, low);
      assertThat(bits(type, number)).isEqualTo(low);
      assertThat(bits(type, -number)).isEqualTo(low | 0x8000);
      if (low + 1 < infinity) {
        double next = number(type, low + 1);
        float tie = (float) ((number + next) / 2);
        assertThat(bits(type, tie)).isEqualTo(low + (low & 1));
        assertThat(bits(type, Math.nextDown(tie))).isEqualTo(low);
        assertThat(bits(type, Math.nextUp(tie))).isEqualTo(low + 1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {65_520, -1e6f, Float.NaN, Float.NEGATIVE_INFINITY})
  void fp16RefusesWhatItCannotHold(float value) throws IOException {
    assertThat(bits(WeightType.FP16, 65_519.99f)).isEqualTo(0x7bff);
    assertThatThrownBy(() -> WeightType.FP16.encode(new float[] {1, value}))
        .isInstanceOf(IOException.class)
        .hasMessage(value + " is no number that fp16 can hold; the largest is 65504");
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.MAX_VALUE, -Float.MAX_VALUE, Float.NaN, Float.POSITIVE_INFINITY})
  void bf16RefusesWhatItCannotHold(float value) throws IOException {
    assertThatThrownBy(() -> WeightType.BF16.encode(new float[] {value}))
        .isInstanceOf(IOException.class)
        .hasMessage(value + " is no number that bf16 can hold");
  }

  @Test
  void fp32IsCopied() throws IOException {
    assertThat(WeightType.FP32.encode(new float[] {1, -2}))
        .containsExactly(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0);
  }
}
