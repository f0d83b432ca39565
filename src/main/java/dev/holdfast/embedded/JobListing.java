package dev.holdfast.embedded;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobStore.Page;
import dev.holdfast.job.JobStore.Query;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One page of records. A cursor names the last record of its page, so that records which are
 * created meanwhile neither move nor repeat those to come.
 */
final class JobListing implements SqliteWork<Page> {

  private static final int LIMIT_MAX = 100;
  private static final Pattern CURSOR = Pattern.compile("(\\d{1,15})\\|(job_[0-9a-z]{26})");

  private final String sql;
  private final List<@Nullable Object> parameters = new ArrayList<>();
  private final int limit;

  /**
   * @throws JobException if the cursor or the limit is not lawful
   */
  JobListing(Query query) {
    this.limit = query.limit();
    if (limit < 1 || limit > LIMIT_MAX) {
      throw JobError.INVALID_REQUEST.because("A page has 1 to " + LIMIT_MAX + " jobs.");
    }
    List<String> conditions = new ArrayList<>();
    Map.Entry<String, String> label = query.label();
    if (label != null) {
      condition(conditions, "l.name = ?", label.getKey());
      condition(conditions, "l.value = ?", label.getValue());
    }
    if (query.state() != null) {
      condition(conditions, "j.state = ?", query.state().wireName());
    }
    if (query.model() != null) {
      condition(conditions, "j.model = ?", query.model());
    }
    String order = label == null ? "j.created_at %1$s, j.id %1$s" : "l.created_at %1$s, l.job %1$s";
    if (query.cursor() != null) {
      Matcher cursor = parse(query.cursor());
      conditions.add("(" + order.formatted("") + ") < (?, ?)");
      parameters.add(Long.valueOf(cursor.group(1)));
      parameters.add(cursor.group(2));
    }
    parameters.add(limit + 1);
    // few texts: a filter is there or not, its value is a parameter
    sql =
        "SELECT j.document FROM "
            + (label == null ? "jobs j" : "labels l CROSS JOIN jobs j ON j.id = l.job")
            + (conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions))
            + " ORDER BY "
            + order.formatted("DESC")
            + " LIMIT ?";
  }

  private void condition(List<String> conditions, String condition, String value) {
    conditions.add(condition);
    parameters.add(value);
  }

  @Override
  public Page run(SqliteSession session) throws SQLException {
    List<Job> jobs =
        session.query(sql, row -> JsonDocument.JOB.read(row.getString(1)), parameters.toArray());
    if (jobs.size() <= limit) {
      return new Page(jobs, null);
    }
    return new Page(List.copyOf(jobs.subList(0, limit)), cursor(jobs.get(limit - 1)));
  }

  private static String cursor(Job last) {
    String place = last.createdAt().toEpochMilli() + "|" + last.id().value();
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(place.getBytes(StandardCharsets.US_ASCII));
  }

  private static Matcher parse(String cursor) {
    try {
      String place = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.ISO_8859_1);
      Matcher matcher = CURSOR.matcher(place);
      if (matcher.matches() && JobId.parse(matcher.group(2)).isPresent()) {
        return matcher;
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
