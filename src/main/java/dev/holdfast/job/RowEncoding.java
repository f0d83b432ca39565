package dev.holdfast.job;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How the numbers of a result are written into its rows. */
public enum RowEncoding {

  /** As JSON numbers; what JSON cannot say (NaN, infinities) becomes null. */
  JSON("json"),

  /**
   * As one base64 string (RFC 4648, section 4, padded) of the elements' bytes, little-endian, in
   * row-major order: each element exactly as the model made it, in less than half the bytes.
   */
  BASE64("base64");

  private final String wireName;

  RowEncoding(String wireName) {
    this.wireName = wireName;
  }

  /** What it is called outside. */
  public String wireName() {
    return wireName;
  }

  public static Optional<RowEncoding> ofWireName(String name) {
    return Arrays.stream(values()).filter(e -> e.wireName.equals(name)).findFirst();
  }

  /** An encoding that may be missing, as it is in what was written before there was a choice. */
  static RowEncoding orJson(@Nullable RowEncoding encoding) {
    return encoding == null ? JSON : encoding;
  }
}
