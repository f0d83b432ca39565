package dev.holdfast.adapter;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobId;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The place of a record in a list, newest first. A cursor names the last record of its page, so
 * that records which are created meanwhile neither move nor repeat those to come.
 *
 * @param createdAt of the record, in milliseconds since 1970
 */
public record PageCursor(long createdAt, JobId id) {

  /** Jobs of one page. */
  public static final int LIMIT_MAX = 100;

  private static final Pattern PLACE = Pattern.compile("(\\d{1,15})\\|(job_[0-9a-z]{26})");

  public static PageCursor of(Job last) {
    return new PageCursor(last.createdAt().toEpochMilli(), last.id());
  }

  /**
   * @throws JobException if it is not from 1 to {@link #LIMIT_MAX}
   */
  public static int checkedLimit(int limit) {
    if (limit < 1 || limit > LIMIT_MAX) {
      throw JobError.INVALID_REQUEST.because("A page has 1 to " + LIMIT_MAX + " jobs.");
    }
    return limit;
  }

  /** The text that a client sends back. */
  public String encode() {
    String place = createdAt + "|" + id.value();
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(place.getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * @throws JobException if {@link #encode} did not make it
   */
  public static PageCursor parse(String cursor) {
    try {
      String place = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.ISO_8859_1);
      Matcher matcher = PLACE.matcher(place);
      Optional<JobId> id =
          matcher.matches() ? JobId.parse(matcher.group(2)) : Optional.<JobId>empty();
      if (id.isPresent()) {
        return new PageCursor(Long.parseLong(matcher.group(1)), id.get());
      }
    } catch (IllegalArgumentException e) {
      throw invalid();
    }
    throw invalid();
  }

  private static JobException invalid() {
    return JobError.INVALID_CURSOR.because(
        "The cursor is not one that a page of this list has given; begin without one.");
  }
}
