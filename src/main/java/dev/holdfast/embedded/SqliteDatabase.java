package dev.holdfast.embedded;

import dev.holdfast.adapter.BoundedThreads;
import dev.holdfast.adapter.CallerContext;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process's share of the database: one writer, a few readers, one watch. Futures complete on
 * its threads, which a listener must not block; {@link CallerContext} takes them elsewhere.
 */
final class SqliteDatabase implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SqliteDatabase.class);

  private static final int READERS = 2;

  /** Reads that may wait; more are refused. */
  private static final int READS_PENDING_MAX = 4_096;

  private final BoundedThreads readers =
      new BoundedThreads("holdfast-db-reader", READERS, READS_PENDING_MAX);
  private final BlockingQueue<SqliteSession> idle = new ArrayBlockingQueue<>(READERS);
  private final List<SqliteSession> sessions = new ArrayList<>();
  private final SqliteWatch watch;
  private final GroupCommit writer;
  private boolean closed;

  private SqliteDatabase(Path file) throws SQLException {
    this.watch = new SqliteWatch(file);
    this.writer = new GroupCommit(SqliteSession.open(file), watch::committed);
    for (int i = 0; i < READERS; i++) {
      SqliteSession session = SqliteSession.open(file);
      sessions.add(session);
      idle.add(session);
    }
  }

  /**
   * Opens the database, creating it or bringing it up to date first. Blocks.
   *
   * @throws IOException with a sentence for the operator
   */
  static SqliteDatabase open(Path file) throws IOException {
    SqliteSchema.prepare(file);
    try {
      return new SqliteDatabase(file);
    } catch (SQLException e) {
      throw new IOException("The database " + file + " cannot be opened: " + e.getMessage(), e);
    }
  }

  /** Runs the work in a transaction; durable on completion. */
  <T> Future<T> write(SqliteWork<T> work) {
    return writer.submit(work);
  }

  /** Runs work that only reads; it sees every write that has completed. */
  <T> Future<T> read(SqliteWork<T> work) {
    return readers.submit(
        () -> {
          // there are as many sessions as threads, so one is always idle
          SqliteSession session = idle.remove();
          try {
            return work.run(session);
          } finally {
            idle.add(session);
          }
        });
  }

  SqliteWatch watch() {
    return watch;
  }

  /** Lets running work end and fails what waits. Blocks until then. Idempotent. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      watch.close();
      writer.close();
      readers.close();
      for (SqliteSession session : sessions) {
        session.close();
      }
    } catch (SQLException e) {
      LOG.warn("The database did not close cleanly; what was committed is safe.", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
