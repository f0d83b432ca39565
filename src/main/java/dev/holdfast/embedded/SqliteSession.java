package dev.holdfast.embedded;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One connection and its prepared statements, which are kept: the room's SQL is a fixed set of
 * texts. Used by one thread at a time.
 */
final class SqliteSession implements AutoCloseable {

  /** How long SQLite itself waits for another process's transaction, in milliseconds. */
  private static final int BUSY_TIMEOUT_MS = 5_000;

  /** Page cache of one connection, in KiB. */
  private static final int CACHE_KIB = 8 * 1024;

  /** The write-ahead log is cut back to this after a checkpoint, in bytes. */
  private static final int LOG_BYTES_KEPT = 64 * 1024 * 1024;

  private final Connection connection;
  private final Map<String, PreparedStatement> prepared = new HashMap<>();

  private SqliteSession(Connection connection) {
    this.connection = connection;
  }

  static SqliteSession open(Path file) throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = " + BUSY_TIMEOUT_MS);
      statement.execute("PRAGMA journal_mode = WAL");
      // FULL: a commit has reached the disk, not only the kernel, when it returns
      statement.execute("PRAGMA synchronous = FULL");
      statement.execute("PRAGMA foreign_keys = OFF");
      statement.execute("PRAGMA temp_store = MEMORY");
      statement.execute("PRAGMA cache_size = -" + CACHE_KIB);
      // no memory map: a disk error under one ends the process instead of failing the call
      statement.execute("PRAGMA mmap_size = 0");
      statement.execute("PRAGMA journal_size_limit = " + LOG_BYTES_KEPT);
      return new SqliteSession(connection);
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /** Turns the current row into a value. */
  interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  /** Runs a statement that has neither parameters nor rows. */
  void execute(String sql) throws SQLException {
    statement(sql).execute();
  }

  /**
   * @param parameters {@link String}, {@link Long}, {@link Integer}, bytes or null
   * @return how many rows changed
   */
  int update(String sql, @Nullable Object... parameters) throws SQLException {
    return bound(sql, parameters).executeUpdate();
  }

  /**
   * @param parameters {@link String}, {@link Long}, {@link Integer}, bytes or null
   */
  <T> List<T> query(String sql, Row<T> row, @Nullable Object... parameters) throws SQLException {
    List<T> rows = new ArrayList<>();
    // closing the rows ends the read transaction, which would otherwise hold up checkpoints
    try (ResultSet results = bound(sql, parameters).executeQuery()) {
      while (results.next()) {
        rows.add(row.read(results));
      }
    }
    return rows;
  }

  <T> Optional<T> first(String sql, Row<T> row, @Nullable Object... parameters)
      throws SQLException {
    List<T> rows = query(sql, row, parameters);
    return rows.isEmpty() ? Optional.empty() : Optional.of(rows.get(0));
  }

  /** The first column of the first row; 0 if there is no row. */
  long number(String sql, @Nullable Object... parameters) throws SQLException {
    return first(sql, row -> row.getLong(1), parameters).orElse(0L);
  }

  private PreparedStatement bound(String sql, @Nullable Object[] parameters) throws SQLException {
    PreparedStatement statement = statement(sql);
    for (int i = 0; i < parameters.length; i++) {
      Object parameter = parameters[i];
      if (parameter instanceof String text) {
        statement.setString(i + 1, text);
      } else if (parameter instanceof Long number) {
        statement.setLong(i + 1, number);
      } else if (parameter instanceof Integer number) {
        statement.setInt(i + 1, number);
      } else if (parameter instanceof byte[] bytes) {
        statement.setBytes(i + 1, bytes);
      } else if (parameter == null) {
        statement.setNull(i + 1, java.sql.Types.NULL);
      } else {
        throw new IllegalArgumentException("no SQL type for " + parameter.getClass());
      }
    }
    return statement;
  }

  private PreparedStatement statement(String sql) throws SQLException {
    PreparedStatement statement = prepared.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      prepared.put(sql, statement);
    }
    return statement;
  }

  @Override
  public void close() throws SQLException {
    for (PreparedStatement statement : prepared.values()) {
      statement.close();
    }
    connection.close();
  }
}
