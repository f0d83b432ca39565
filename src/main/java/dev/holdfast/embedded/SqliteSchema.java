package dev.holdfast.embedded;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.List;

/**
 * The tables, by version. A database remembers its version; opening an older one brings it up to
 * date, and a newer one is refused rather than misread.
 */
final class SqliteSchema {

  /** One list of statements a version; what is here never changes, a new version is added. */
  private static final List<List<String>> VERSIONS =
      List.of(
          List.of(
              """
              CREATE TABLE jobs (
                n INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                version INTEGER NOT NULL,
                state TEXT NOT NULL,
                model TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                wake_at INTEGER NOT NULL,
                document TEXT NOT NULL)""",
              "CREATE INDEX jobs_newest ON jobs (created_at, id)",
              "CREATE INDEX jobs_by_state ON jobs (state, created_at, id)",
              "CREATE INDEX jobs_by_model ON jobs (model, created_at, id)",
              "CREATE INDEX jobs_due ON jobs (wake_at, id)",
              """
              CREATE TABLE labels (
                name TEXT NOT NULL,
                value TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                job TEXT NOT NULL,
                PRIMARY KEY (name, value, created_at, job)) WITHOUT ROWID""",
              "CREATE INDEX labels_of_job ON labels (job)",
              // AUTOINCREMENT: the number of a message that is gone must never name another
              """
              CREATE TABLE messages (
                seq INTEGER PRIMARY KEY AUTOINCREMENT,
                job TEXT NOT NULL,
                attributes TEXT NOT NULL,
                published_at INTEGER NOT NULL,
                visible_at INTEGER NOT NULL,
                held INTEGER NOT NULL DEFAULT 0,
                lease INTEGER NOT NULL DEFAULT 0)""",
              "CREATE INDEX messages_visible ON messages (visible_at, seq)",
              """
              CREATE TABLE dead_letters (
                seq INTEGER PRIMARY KEY AUTOINCREMENT,
                job TEXT NOT NULL,
                reason TEXT NOT NULL,
                attempts INTEGER NOT NULL,
                fence INTEGER NOT NULL,
                at INTEGER NOT NULL)""",
              """
              CREATE TABLE events (
                seq INTEGER PRIMARY KEY AUTOINCREMENT,
                job TEXT NOT NULL,
                version INTEGER NOT NULL,
                state TEXT NOT NULL,
                done INTEGER NOT NULL,
                failed INTEGER NOT NULL,
                total INTEGER,
                at INTEGER NOT NULL)""",
              """
              CREATE TABLE workers (
                id TEXT PRIMARY KEY,
                seen_at INTEGER NOT NULL,
                report TEXT NOT NULL) WITHOUT ROWID"""),
          List.of(
              // 1 until the record is written again: a job that waits is never taken for nothing
              "ALTER TABLE jobs ADD COLUMN items_left INTEGER NOT NULL DEFAULT 1",
              "CREATE INDEX jobs_backlog ON jobs (state, items_left)"),
          List.of(
              """
              CREATE TABLE objects (
                n INTEGER PRIMARY KEY,
                key TEXT NOT NULL UNIQUE,
                crc32c INTEGER NOT NULL,
                metadata TEXT NOT NULL,
                content BLOB NOT NULL)"""),
          List.of(
              "DROP INDEX messages_visible",
              "CREATE INDEX messages_again ON messages (visible_at) WHERE lease > 0",
              "CREATE INDEX messages_fresh ON messages (visible_at) WHERE lease = 0"));

  private SqliteSchema() {}

  /**
   * Brings the database up to date, creating it if need be. Blocks; any number of processes may do
   * this at once.
   *
   * @throws IOException with a sentence for the operator if the file is damaged, no database, or
   *     written by a newer Holdfast
   */
  static synchronized void prepare(Path file) throws IOException {
    Path lockFile = file.resolveSibling(file.getFileName() + ".lock");
    // SQLite's own busy timeout does not cover the change to write-ahead logging, so a file lock
    // lets one process at a time through; the method is synchronized because such a lock is the
    // whole process's
    try (FileChannel channel =
            FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      if (!lock.isValid()) {
        throw new IOException("The lock on " + lockFile + " was lost.");
      }
      try (SqliteSession session = SqliteSession.open(file)) {
        upgrade(session, file);
      } catch (SQLException e) {
        throw new IOException(
            "The database %s cannot be opened: %s. Restore it from a backup, or move it away to start empty."
                .formatted(file, e.getMessage()),
            e);
      }
    }
  }

  private static void upgrade(SqliteSession session, Path file) throws SQLException, IOException {
    session.execute("BEGIN IMMEDIATE");
    try {
      int version = Math.toIntExact(session.number("PRAGMA user_version"));
      if (version > VERSIONS.size()) {
        throw new IOException(
            "The database %s has version %d, and this Holdfast knows versions up to %d: run the newer Holdfast that wrote it."
                .formatted(file, version, VERSIONS.size()));
      }
      for (List<String> statements : VERSIONS.subList(version, VERSIONS.size())) {
        for (String statement : statements) {
          session.execute(statement);
        }
      }
      session.execute("PRAGMA user_version = " + VERSIONS.size());
      session.execute("COMMIT");
    } catch (SQLException | IOException e) {
      session.execute("ROLLBACK");
      throw e;
    }
  }
}
