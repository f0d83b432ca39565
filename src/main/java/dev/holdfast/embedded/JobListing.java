package dev.holdfast.embedded;

import dev.holdfast.adapter.JsonDocument;
import dev.holdfast.adapter.PageCursor;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobStore.Page;
import dev.holdfast.job.JobStore.Query;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One page of records, by {@link PageCursor}. */
final class JobListing implements SqliteWork<Page> {

  private final String sql;
  private final List<@Nullable Object> parameters = new ArrayList<>();
  private final int limit;

  /**
   * @throws JobException if the cursor or the limit is not lawful
   */
  JobListing(Query query) {
    this.limit = PageCursor.checkedLimit(query.limit());
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
      PageCursor cursor = PageCursor.parse(query.cursor());
      conditions.add("(" + order.formatted("") + ") < (?, ?)");
      parameters.add(cursor.createdAt());
      parameters.add(cursor.id().value());
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
    return new Page(
        List.copyOf(jobs.subList(0, limit)), PageCursor.of(jobs.get(limit - 1)).encode());
  }
}
