package dev.holdfast.job;

import java.util.Optional;

/** The numbers that a model computes with. Its rows are fp32 whatever it is. */
public enum Precision {
  FP32("fp32"),
  /** As wide a range as fp32, and 8 bits of precision. */
  BF16("bf16"),
  /** IEEE 754's binary16: numbers up to 65,504, and 11 bits of precision. */
  FP16("fp16");

  private final String wireName;

  Precision(String wireName) {
    this.wireName = wireName;
  }

  public String wireName() {
    return wireName;
  }

  public static Optional<Precision> ofWireName(String name) {
    for (Precision precision : values()) {
      if (precision.wireName.equals(name)) {
        return Optional.of(precision);
      }
    }
    return Optional.empty();
  }
}
