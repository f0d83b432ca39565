package dev.holdfast.embedded;

import dev.holdfast.adapter.CallerContext;
import dev.holdfast.adapter.JsonDocument;
import dev.holdfast.job.WorkerRoster;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Each worker's newest report, and none of those that have long been silent. */
final class SqliteWorkerRoster implements WorkerRoster {

  /** A report this much older than the newest is deleted with it. */
  private static final Duration KEPT = Duration.ofDays(1);

  private final SqliteDatabase database;

  SqliteWorkerRoster(SqliteDatabase database) {
    this.database = database;
  }

  @Override
  public Future<Void> report(WorkerReport report) {
    String document = JsonDocument.WORKER.write(report);
    long seenAt = report.seenAt().toEpochMilli();
    return CallerContext.here(
        database
            .write(
                session -> {
                  session.update(
                      """
                      INSERT INTO workers (id, seen_at, report) VALUES (?, ?, ?)
                      ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, report = excluded.report
                      WHERE excluded.seen_at >= workers.seen_at""",
                      report.id(),
                      seenAt,
                      document);
                  return session.update(
                      "DELETE FROM workers WHERE seen_at < ?", seenAt - KEPT.toMillis());
                })
            .mapEmpty());
  }

  @Override
  public Future<Void> leave(String worker) {
    return CallerContext.here(
        database
            .write(session -> session.update("DELETE FROM workers WHERE id = ?", worker))
            .mapEmpty());
  }

  @Override
  public Future<List<WorkerReport>> list(Instant since) {
    return CallerContext.here(
        database.read(
            session ->
                session.query(
                    "SELECT report FROM workers WHERE seen_at > ? ORDER BY id",
                    row -> JsonDocument.WORKER.read(row.getString(1)),
                    since.toEpochMilli())));
  }
}
