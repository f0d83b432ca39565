package dev.holdfast.job;

/** Half-precision numbers, which Java 17 cannot convert by itself. */
public final class HalfFloats {

  private HalfFloats() {}

  /** IEEE 754 binary16, rounded to nearest even. */
  static short toFp16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> 16) & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      return (short) (sign | 0x7e00);
    }
    if (magnitude >= 0x477ff000) {
      return (short) (sign | 0x7c00);
    }
    if (magnitude >= 0x38800000) {
      int rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
      return (short) (sign | ((rounded - 0x38000000) >>> 13));
    }
    float subnormal = Float.intBitsToFloat(magnitude) * 0x1p24f;
    return (short) (sign | (int) Math.rint(subnormal));
  }

  /** What IEEE 754 binary16 says, exactly. */
  public static float fromFp16(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >>> 10) & 0x1f;
    int fraction = half & 0x3ff;
    if (exponent == 0) {
      float value = fraction * 0x1p-24f;
      return sign == 0 ? value : -value;
    }
    int wide = exponent == 31 ? 0x7f800000 : (exponent + 112) << 23;
    return Float.intBitsToFloat(sign | wide | (fraction << 13));
  }

  /** The upper half of a binary32, rounded to nearest even. */
  static short toBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) 0x7fc0;
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /** What the upper half of a binary32 says, exactly. */
  public static float fromBf16(short half) {
    return Float.intBitsToFloat(half << 16);
  }
}
