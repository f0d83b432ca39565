package dev.holdfast.embedded;

import dev.holdfast.adapter.CallerContext;
import dev.holdfast.adapter.JsonDocument;
import dev.holdfast.job.JobError;
import dev.holdfast.job.ObjectStore.Info;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Objects as rows, each with its checksum. Keys and metadata are lawful. Futures complete on the
 * caller's context.
 */
final class SqliteObjects {

  /** Rows that one transaction deletes; bounds how long other writes wait. */
  private static final int DELETE_BATCH = 500;

  private static final SqliteSession.Row<Info> INFO =
      row ->
          new Info(
              row.getString("key"),
              row.getLong("bytes"),
              JsonDocument.STRINGS.read(row.getString("metadata")));

  private final SqliteDatabase database;

  SqliteObjects(SqliteDatabase database) {
    this.database = database;
  }

  /**
   * Creates an object unless it is there, or is taken elsewhere, which is asked within the
   * transaction.
   *
   * @param taken whether the key is; microseconds, asked on the writing thread
   * @return durable on completion: whether this call created it
   */
  Future<Boolean> create(
      String key, byte[] content, Map<String, String> metadata, Predicate<String> taken) {
    String words = JsonDocument.STRINGS.write(metadata);
    return CallerContext.here(
        database.write(
            session ->
                !taken.test(key)
                    && session.update(
                            """
                            INSERT INTO objects (key, crc32c, metadata, content)
                            VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING""",
                            key,
                            checksum(content),
                            words,
                            content)
                        == 1));
  }

  private static long checksum(byte[] content) {
    CRC32C checksum = new CRC32C();
    checksum.update(content);
    return checksum.getValue();
  }

  /**
   * Whether there is such an object. Unlike {@link #find} it waits for every transaction that is
   * under way, of any process.
   */
  Future<Boolean> settled(String key) {
    return CallerContext.here(
        database.write(
            session -> session.number("SELECT count(*) FROM objects WHERE key = ?", key) == 1));
  }

  /**
   * Where an object lies.
   *
   * @param row what is known of it if it is a row
   * @param elsewhere whether the key is taken elsewhere, if it is none
   */
  record Found(Optional<Info> row, boolean elsewhere) {}

  /**
   * Looks for an object here and, if it is not, elsewhere.
   *
   * @param taken as for {@link #create}, on a reading thread
   */
  Future<Found> find(String key, Predicate<String> taken) {
    return CallerContext.here(
        database.read(
            session -> {
              Optional<Info> row =
                  session.first(
                      "SELECT key, length(content) AS bytes, metadata FROM objects WHERE key = ?",
                      INFO,
                      key);
              return new Found(row, row.isEmpty() && taken.test(key));
            }));
  }

  /** A range of the object's content, or empty if there is no such object. */
  Future<Optional<Buffer>> read(String key, long from, int length) {
    return CallerContext.here(database.read(session -> read(session, key, from, length)));
  }

  private static Optional<Buffer> read(SqliteSession session, String key, long from, int length)
      throws SQLException {
    return session.first(
        """
        SELECT length(content) AS bytes, crc32c, substr(content, ?, ?) AS range
        FROM objects WHERE key = ?""",
        row -> {
          byte[] range = row.getBytes("range");
          if (range == null) {
            return Buffer.buffer();
          }
          boolean whole = from == 0 && range.length == row.getLong("bytes");
          if (whole && checksum(range) != row.getLong("crc32c")) {
            throw JobError.INTERNAL.because(
                "The object %s is damaged: its content does not match its checksum."
                    .formatted(key));
          }
          return Buffer.buffer(range);
        },
        from + 1,
        length,
        key);
  }

  /** As {@link dev.holdfast.job.ObjectStore#list}. */
  Future<List<Info>> list(String prefix, @Nullable String after, int limit) {
    return CallerContext.here(
        database.read(
            session ->
                session.query(
                    """
                    SELECT key, length(content) AS bytes, metadata FROM objects
                    WHERE key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?""",
                    INFO,
                    prefix,
                    end(prefix),
                    after == null ? "" : after,
                    limit)));
  }

  /** Greater than every lawful key that begins with the prefix, and than none beyond. */
  private static String end(String prefix) {
    return prefix + '\u007f';
  }

  Future<Boolean> delete(String key) {
    return CallerContext.here(
        database.write(session -> session.update("DELETE FROM objects WHERE key = ?", key) == 1));
  }

  /** Deletes in several transactions what begins with the prefix; completes with how many. */
  Future<Integer> deleteAll(String prefix) {
    return CallerContext.here(database.write(session -> deleteSome(session, prefix)))
        .compose(
            deleted ->
                deleted < DELETE_BATCH
                    ? Future.succeededFuture(deleted)
                    : deleteAll(prefix).map(more -> deleted + more));
  }

  private static int deleteSome(SqliteSession session, String prefix) throws SQLException {
    return session.update(
        """
        DELETE FROM objects WHERE n IN (
          SELECT n FROM objects WHERE key >= ? AND key < ? LIMIT ?)""",
        prefix,
        end(prefix),
        DELETE_BATCH);
  }
}
