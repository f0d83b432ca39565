package dev.holdfast.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How an archive keeps its numbers. */
public enum WeightType {
  FP32("FloatStorage", 6),
  BF16("BFloat16Storage", 15),
  FP16("HalfStorage", 5);

  private final String storage;
  private final int code;

  WeightType(String storage, int code) {
    this.storage = storage;
    this.code = code;
  }

  /** PyTorch's class of such a tensor's memory. */
  String storage() {
    return storage;
  }

  /** PyTorch's number of the type, as TorchScript's code names it (c10/core/ScalarType.h). */
  int code() {
    return code;
  }

  /**
   * The values in this type, rounded to nearest even, little-endian.
   *
   * @throws IOException if a value is too large for the type
   */
  byte[] encode(float[] values) throws IOException {
    int width = this == FP32 ? Float.BYTES : Short.BYTES;
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, width));
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      switch (this) {
        case FP32 -> bytes.putFloat(value);
        case BF16 -> bytes.putShort(bf16(value));
        case FP16 -> bytes.putShort(fp16(value));
      }
    }
    return bytes.array();
  }

  /** The upper half of a binary32. */
  private static short bf16(float value) throws IOException {
    int bits = Float.floatToRawIntBits(value);
    int rounded = bits + 0x7fff + ((bits >>> 16) & 1);
    if (!Float.isFinite(value) || (rounded & 0x7f800000) == 0x7f800000) {
      throw new IOException(value + " is no number that bf16 can hold");
    }
    return (short) (rounded >>> 16);
  }

  /** IEEE 754's binary16. */
  private static short fp16(float value) throws IOException {
    float magnitude = Math.abs(value);
    int sign = Float.floatToRawIntBits(value) >>> 31 << 15;
    // Half a step above the largest number the rounding would lead to infinity.
    if (!(magnitude < 65_520)) {
      throw new IOException(value + " is no number that fp16 can hold; the largest is 65504");
    }
    if (magnitude < 0x1p-14f) {
      return (short) (sign | (int) Math.rint(magnitude * 0x1p24f));
    }
    // 13 bits of the fraction go, and the exponent counts from 15 instead of from 127.
    int bits = Float.floatToRawIntBits(magnitude);
    int rounded = (bits + 0xfff + ((bits >>> 13) & 1)) >>> 13;
    return (short) (sign | (rounded - (112 << 10)));
  }
}
