package dev.holdfast.world;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;

/**
 * What the broker of a data directory still has, read from its database: no broker port can count.
 *
 * @param waiting messages that a pull could take now or after their delay
 * @param held messages that are leased
 */
public record Messages(long waiting, long held) {

  public static Messages in(Path data, InstantSource clock) {
    try (Connection database =
            DriverManager.getConnection("jdbc:sqlite:" + data.resolve("holdfast.db"));
        PreparedStatement query =
            database.prepareStatement(
                """
                SELECT count(*), count(*) FILTER (WHERE held = 1 AND visible_at > ?)
                FROM messages""")) {
      query.setLong(1, clock.millis());
      try (ResultSet row = query.executeQuery()) {
        row.next();
        return new Messages(row.getLong(1) - row.getLong(2), row.getLong(2));
      }
    } catch (SQLException e) {
      throw new AssertionError("the data directory cannot be read", e);
    }
  }
}
