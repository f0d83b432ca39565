package dev.holdfast.embedded;

import dev.holdfast.adapter.CallerContext;
import dev.holdfast.adapter.EventListening;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Events as rows that every process reads in their order. Rows are deleted after {@link #KEPT}: who
 * was not listening has missed them.
 */
final class SqliteJobEvents implements JobEvents, SqliteWatch.Watcher, AutoCloseable {

  private static final Duration KEPT = Duration.ofMinutes(10);
  private static final Duration PRUNE_INTERVAL = Duration.ofMinutes(1);

  /** Rows of one read; bounds memory when many have come at once. */
  private static final int ROWS_MAX = 1_000;

  /** The newest number ever given, which outlives the rows. */
  private static final String NEWEST = "SELECT seq FROM sqlite_sequence WHERE name = 'events'";

  private final SqliteDatabase database;
  private final SqliteSession newest;
  private final Clocked clock;
  private final AtomicLong prunedAt = new AtomicLong(Long.MIN_VALUE);
  private final List<Placed> subscriptions = new CopyOnWriteArrayList<>();
  private long position;

  private SqliteJobEvents(SqliteDatabase database, SqliteSession newest, Clocked clock) {
    this.database = database;
    this.newest = newest;
    this.clock = clock;
  }

  static SqliteJobEvents open(SqliteDatabase database, Path file, Clocked clock)
      throws IOException {
    try {
      return new SqliteJobEvents(database, SqliteSession.open(file), clock);
    } catch (SQLException e) {
      database.close();
      throw new IOException("The database " + file + " cannot be opened: " + e.getMessage(), e);
    }
  }

  @Override
  public Future<Void> publish(JobEvent event) {
    long now = clock.millis();
    return CallerContext.here(database.write(session -> insert(session, event, now)).mapEmpty());
  }

  private int insert(SqliteSession session, JobEvent event, long now) throws SQLException {
    long pruned = prunedAt.get();
    if (now - PRUNE_INTERVAL.toMillis() >= pruned && prunedAt.compareAndSet(pruned, now)) {
      session.update(
          """
          DELETE FROM events WHERE seq <
            (SELECT coalesce(min(seq), (SELECT max(seq) + 1 FROM events)) FROM events WHERE at >= ?)""",
          now - KEPT.toMillis());
    }
    Job.Progress progress = event.progress();
    return session.update(
        """
        INSERT INTO events (job, version, state, done, failed, total, at)
        VALUES (?, ?, ?, ?, ?, ?, ?)""",
        event.job().value(),
        event.version(),
        event.state().wireName(),
        progress.done(),
        progress.failed(),
        progress.total(),
        now);
  }

  /** Reads one number from the database, which takes microseconds, before it returns. */
  @Override
  public Subscription subscribe(Set<JobState> states, Consumer<JobEvent> listener) {
    Placed placed;
    synchronized (newest) {
      try {
        long after = newest.number(NEWEST);
        placed = new Placed(new EventListening(states, listener, this::unsubscribe), after);
      } catch (SQLException e) {
        throw new IllegalStateException("The database cannot be read: " + e.getMessage(), e);
      }
    }
    subscriptions.add(placed);
    database.watch().add(this);
    return placed.listening();
  }

  /**
   * @param after the number of the newest event that is not for this listener
   */
  private record Placed(EventListening listening, long after) {}

  private void unsubscribe(EventListening listening) {
    subscriptions.removeIf(placed -> placed.listening().equals(listening));
  }

  /** Called on the watching thread only, which therefore owns {@link #position}. */
  @Override
  public void look(SqliteSession session) throws SQLException {
    if (subscriptions.isEmpty()) {
      database.watch().remove(this);
      // a subscription that came in between finds itself added again
      if (!subscriptions.isEmpty()) {
        database.watch().add(this);
      }
      position = 0;
      return;
    }
    if (position == 0) {
      position = subscriptions.stream().mapToLong(Placed::after).min().orElse(0);
    }
    long last = session.number(NEWEST);
    if (last <= position) {
      return;
    }
    String wanted = wanted();
    int rows = ROWS_MAX;
    while (rows == ROWS_MAX) {
      rows = session.query(wanted, this::tell, position, last).size();
    }
    position = Math.max(position, last);
  }

  /** Passes over what nobody here wants without bringing it into this process. */
  private String wanted() {
    String states =
        subscriptions.stream()
            .flatMap(placed -> placed.listening().states().stream())
            .distinct()
            .sorted()
            .map(state -> "'" + state.wireName() + "'")
            .collect(Collectors.joining(", "));
    return "SELECT * FROM events WHERE seq > ? AND seq <= ? AND state IN (%s) ORDER BY seq LIMIT %d"
        .formatted(states, ROWS_MAX);
  }

  private boolean tell(ResultSet row) throws SQLException {
    position = row.getLong("seq");
    long done = row.getLong("done");
    long failed = row.getLong("failed");
    long total = row.getLong("total");
    // wasNull() speaks of the column that was read last
    Job.Progress progress = new Job.Progress(done, failed, row.wasNull() ? null : total);
    JobEvent event =
        new JobEvent(
            new JobId(row.getString("job")),
            row.getLong("version"),
            JobState.ofWireName(row.getString("state")).orElseThrow(),
            progress);
    for (Placed placed : subscriptions) {
      if (position > placed.after()) {
        placed.listening().tell(event);
      }
    }
    return true;
  }

  @Override
  public void close() throws SQLException {
    subscriptions.forEach(placed -> placed.listening().close());
    synchronized (newest) {
      newest.close();
    }
  }
}
