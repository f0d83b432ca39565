package dev.holdfast.api;

import dev.holdfast.job.JobError;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A stretch of bytes.
 *
 * @param from the first, from 0
 * @param to one past the last
 */
record ByteRange(long from, long to) {

  private static final Pattern BYTES = Pattern.compile("bytes\\s*=(.*)", Pattern.DOTALL);
  private static final Pattern ONE = Pattern.compile("\\s*(\\d{0,18})\\s*-\\s*(\\d{0,18})\\s*");

  static ByteRange whole(long bytes) {
    return new ByteRange(0, bytes);
  }

  long length() {
    return to - from;
  }

  /**
   * @param header a {@code Range} header
   * @param bytes how many there are
   * @return empty for a unit other than bytes, which is to be ignored
   * @throws Refusal if it is not one range, or of nothing that is there
   */
  static Optional<ByteRange> parse(String header, long bytes) {
    Matcher unit = BYTES.matcher(header);
    if (!unit.matches()) {
      return Optional.empty();
    }
    Matcher range = ONE.matcher(unit.group(1));
    if (!range.matches() || (range.group(1).isEmpty() && range.group(2).isEmpty())) {
      throw refuse("must be one range, bytes=a-b, bytes=a- or bytes=-n", bytes);
    }
    if (range.group(1).isEmpty()) {
      long last = Math.min(Long.parseLong(range.group(2)), bytes);
      if (last == 0) {
        throw refuse("asks for no byte; there are %d".formatted(bytes), bytes);
      }
      return Optional.of(new ByteRange(bytes - last, bytes));
    }
    long from = Long.parseLong(range.group(1));
    long to =
        range.group(2).isEmpty() ? bytes : Math.min(Long.parseLong(range.group(2)) + 1, bytes);
    if (from >= to) {
      throw refuse("lies outside the %d bytes of the result".formatted(bytes), bytes);
    }
    return Optional.of(new ByteRange(from, to));
  }

  private static Refusal refuse(String detail, long bytes) {
    return new Refusal(JobError.RANGE_NOT_SATISFIABLE, "the Range header " + detail)
        .header("Content-Range", "bytes */" + bytes);
  }
}
