package dev.holdfast.embedded;

import java.sql.SQLException;

/** What one call does with a connection. It may run again, so it has no effect but in SQL. */
interface SqliteWork<T> {
  T run(SqliteSession session) throws SQLException;
}
