package dev.holdfast.embedded;

import dev.holdfast.adapter.CallerContext;
import dev.holdfast.adapter.JsonDocument;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import io.vertx.core.Future;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Records as JSON documents, beside the few columns that lists and searches need. */
final class SqliteJobStore implements JobStore {

  private static final SqliteSession.Row<Job> DOCUMENT =
      row -> JsonDocument.JOB.read(row.getString("document"));

  private final SqliteDatabase database;

  SqliteJobStore(SqliteDatabase database) {
    this.database = database;
  }

  @Override
  public Future<Created> create(Job job) {
    String document = JsonDocument.JOB.write(job);
    return CallerContext.here(database.write(session -> create(session, job, document)));
  }

  private static Created create(SqliteSession session, Job job, String document)
      throws SQLException {
    String id = job.id().value();
    long createdAt = job.createdAt().toEpochMilli();
    int created =
        session.update(
            """
            INSERT INTO jobs (id, version, state, model, created_at, wake_at, document, items_left)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING""",
            id,
            job.version(),
            job.state().wireName(),
            job.spec().model(),
            createdAt,
            job.wakeAt().toEpochMilli(),
            document,
            job.itemsLeft());
    if (created == 0) {
      return new Created(find(session, job.id()).orElseThrow(), false);
    }
    for (Map.Entry<String, String> label : job.spec().labels().entrySet()) {
      session.update(
          "INSERT INTO labels (name, value, created_at, job) VALUES (?, ?, ?, ?)",
          label.getKey(),
          label.getValue(),
          createdAt,
          id);
    }
    return new Created(job, true);
  }

  @Override
  public Future<Optional<Job>> get(JobId id) {
    return CallerContext.here(database.read(session -> find(session, id)));
  }

  private static Optional<Job> find(SqliteSession session, JobId id) throws SQLException {
    return session.first("SELECT document FROM jobs WHERE id = ?", DOCUMENT, id.value());
  }

  @Override
  public Future<Boolean> replace(Job before, Job next) {
    if (!before.id().equals(next.id())) {
      return Future.failedFuture(
          new IllegalArgumentException(before.id() + " cannot become " + next.id()));
    }
    String document = JsonDocument.JOB.write(next);
    return CallerContext.here(
        database.write(
            session ->
                session.update(
                        """
                        UPDATE jobs
                        SET version = ?, state = ?, wake_at = ?, document = ?, items_left = ?
                        WHERE id = ? AND version = ?""",
                        next.version(),
                        next.state().wireName(),
                        next.wakeAt().toEpochMilli(),
                        document,
                        next.itemsLeft(),
                        before.id().value(),
                        before.version())
                    == 1));
  }

  @Override
  public Future<Boolean> delete(Job job) {
    String id = job.id().value();
    return CallerContext.here(
        database.write(
            session -> {
              int deleted =
                  session.update(
                      "DELETE FROM jobs WHERE id = ? AND version = ?", id, job.version());
              if (deleted == 1) {
                session.update("DELETE FROM labels WHERE job = ?", id);
              }
              return deleted == 1;
            }));
  }

  @Override
  public Future<Page> list(Query query) {
    JobListing listing;
    try {
      listing = new JobListing(query);
    } catch (JobException e) {
      return Future.failedFuture(e);
    }
    return CallerContext.here(database.read(listing));
  }

  @Override
  public Future<List<Job>> due(Instant now, int limit) {
    return CallerContext.here(
        database.read(
            session ->
                session.query(
                    "SELECT document FROM jobs WHERE wake_at <= ? ORDER BY wake_at, id LIMIT ?",
                    DOCUMENT,
                    now.toEpochMilli(),
                    limit)));
  }

  @Override
  public Future<Map<JobState, Long>> counts() {
    return CallerContext.here(database.read(SqliteJobStore::count));
  }

  private static Map<JobState, Long> count(SqliteSession session) throws SQLException {
    Map<JobState, Long> counts = new EnumMap<>(JobState.class);
    for (JobState state : JobState.values()) {
      long jobs = session.number("SELECT count(*) FROM jobs WHERE state = ?", state.wireName());
      if (jobs > 0) {
        counts.put(state, jobs);
      }
    }
    return counts;
  }

  @Override
  public Future<Map<JobState, Load>> backlog() {
    return CallerContext.here(database.read(SqliteJobStore::load));
  }

  private static Map<JobState, Load> load(SqliteSession session) throws SQLException {
    Map<JobState, Load> loads = new EnumMap<>(JobState.class);
    for (JobState state : JobState.values()) {
      if (!state.terminal()) {
        session
            .first(
                "SELECT count(*) AS jobs, total(items_left) AS items FROM jobs WHERE state = ?",
                row -> new Load(row.getLong("jobs"), row.getLong("items")),
                state.wireName())
            .ifPresent(load -> loads.put(state, load));
      }
    }
    return loads;
  }

  @Override
  public Future<Optional<Instant>> waitingSince() {
    return CallerContext.here(
        database.read(
            session ->
                session
                    .first(
                        """
                        SELECT min(created_at) AS oldest FROM (
                          SELECT min(created_at) AS created_at FROM jobs WHERE state = ?
                          UNION ALL SELECT min(created_at) FROM jobs WHERE state = ?)""",
                        SqliteJobStore::oldest,
                        JobState.QUEUED.wireName(),
                        JobState.INTERRUPTED.wireName())
                    .orElseThrow()));
  }

  @Override
  public Future<Long> waitingBefore(Instant createdAt) {
    return CallerContext.here(
        database.read(
            session ->
                session.number(
                    "SELECT count(*) FROM jobs WHERE state IN (?, ?) AND created_at < ?",
                    JobState.QUEUED.wireName(),
                    JobState.INTERRUPTED.wireName(),
                    createdAt.toEpochMilli())));
  }

  private static Optional<Instant> oldest(ResultSet row) throws SQLException {
    long millis = row.getLong("oldest");
    return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
  }
}
