package dev.holdfast.embedded;

import dev.holdfast.adapter.CallerContext;
import dev.holdfast.adapter.JsonDocument;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobQueue;
import io.vertx.core.Future;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Messages as rows. A row is visible from {@code visible_at}, which a lease moves to its end;
 * {@code lease} counts the pulls and is each delivery's token: a delivery whose number has passed
 * has no say any more.
 */
final class SqliteJobQueue implements JobQueue, AutoCloseable {

  /** Names and values of one message's attributes together, in characters. */
  private static final int ATTRIBUTES_CHARS_MAX = 4_096;

  /** Dead letters beyond this many push out the oldest. */
  private static final int DEAD_LETTERS_MAX = 10_000;

  /**
   * Takes messages that were pulled before and such that were not, half of each, and more of one
   * kind where there is less of the other: either may be a long backlog, behind whose end the other
   * must not wait. Each kind has an index, so that a long backlog costs nothing. SQLite takes the
   * three parts in turn until it has enough.
   *
   * <p>Its parameters: the end of the lease, now, how many at most, and how many of those that were
   * pulled before if there are enough of both.
   */
  static final String TAKE =
      """
      UPDATE messages SET lease = lease + 1, held = 1, visible_at = ?1
      WHERE seq IN (
        SELECT seq FROM (
          SELECT seq FROM messages WHERE lease > 0 AND visible_at <= ?2
          ORDER BY visible_at, seq LIMIT ?4)
        UNION ALL
        SELECT seq FROM (
          SELECT seq FROM messages WHERE lease = 0 AND visible_at <= ?2
          ORDER BY visible_at, seq LIMIT ?3)
        UNION ALL
        SELECT seq FROM (
          SELECT seq FROM messages WHERE lease > 0 AND visible_at <= ?2
          ORDER BY visible_at, seq LIMIT ?3 OFFSET ?4)
        LIMIT ?3)
      RETURNING seq, job, attributes, lease""";

  private final SqliteDatabase database;
  private final Clocked clock;
  private final WaitingPulls waiting;

  SqliteJobQueue(SqliteDatabase database, Clocked clock) {
    this.database = database;
    this.clock = clock;
    this.waiting = new WaitingPulls(database, clock, this::take);
  }

  @Override
  public Future<Void> publish(Message message) {
    int chars = 0;
    for (Map.Entry<String, String> attribute : message.attributes().entrySet()) {
      chars += attribute.getKey().length() + attribute.getValue().length();
    }
    if (chars > ATTRIBUTES_CHARS_MAX) {
      return Future.failedFuture(
          JobError.INVALID_REQUEST.because(
              "A message's attributes have at most " + ATTRIBUTES_CHARS_MAX + " characters."));
    }
    String attributes = JsonDocument.STRINGS.write(message.attributes());
    long now = clock.millis();
    return write(
        session ->
            session.update(
                "INSERT INTO messages (job, attributes, published_at, visible_at) VALUES (?, ?, ?, ?)",
                message.job().value(),
                attributes,
                now,
                now));
  }

  @Override
  public Future<List<Delivery>> pull(int max, Duration ackDeadline, Duration wait) {
    if (max < 1) {
      return Future.failedFuture(new IllegalArgumentException("a pull takes 1 or more: " + max));
    }
    return CallerContext.here(waiting.add(max, ackDeadline, wait));
  }

  private List<Delivery> take(SqliteSession session, int max, Duration ackDeadline, long turn)
      throws SQLException {
    long now = clock.millis();
    // the odd place is for each kind in turn: a puller of one at a time must see both
    int again = max / 2 + (turn % 2 == 0 ? max % 2 : 0);
    return session.query(TAKE, this::delivery, now + ackDeadline.toMillis(), now, max, again);
  }

  private Delivery delivery(ResultSet row) throws SQLException {
    return new LeasedMessage(
        this,
        row.getLong("seq"),
        row.getLong("lease"),
        new Message(
            new JobId(row.getString("job")),
            JsonDocument.STRINGS.read(row.getString("attributes"))));
  }

  @Override
  public Future<Void> extend(Collection<Delivery> deliveries, Duration ackDeadline) {
    List<LeasedMessage> leased = new ArrayList<>(deliveries.size());
    for (Delivery delivery : deliveries) {
      if (!(delivery instanceof LeasedMessage message)) {
        return Future.failedFuture(
            new IllegalArgumentException("not a delivery of this queue: " + delivery));
      }
      leased.add(message);
    }
    if (leased.isEmpty()) {
      return Future.succeededFuture();
    }
    return write(
        session -> {
          int extended = 0;
          long until = clock.millis() + ackDeadline.toMillis();
          for (LeasedMessage message : leased) {
            extended +=
                session.update(
                    "UPDATE messages SET visible_at = ? WHERE seq = ? AND lease = ? AND held = 1",
                    until,
                    message.seq(),
                    message.lease());
          }
          return extended;
        });
  }

  private Future<Void> ack(LeasedMessage message) {
    return write(
        session ->
            session.update(
                "DELETE FROM messages WHERE seq = ? AND lease = ? AND held = 1",
                message.seq(),
                message.lease()));
  }

  private Future<Void> release(LeasedMessage message, Duration delay) {
    return write(
        session ->
            session.update(
                """
                UPDATE messages SET visible_at = ?, held = 0
                WHERE seq = ? AND lease = ? AND held = 1""",
                clock.millis() + Math.max(0, delay.toMillis()),
                message.seq(),
                message.lease()));
  }

  @Override
  public Future<Void> deadLetter(DeadLetter letter) {
    return write(
        session -> {
          session.update(
              """
              INSERT INTO dead_letters (job, reason, attempts, fence, at)
              SELECT ?, ?, ?, ?, ?
              WHERE NOT EXISTS (SELECT 1 FROM dead_letters WHERE job = ? AND at = ?)""",
              letter.job().value(),
              letter.reason(),
              letter.attempts(),
              letter.fence(),
              letter.at().toEpochMilli(),
              letter.job().value(),
              letter.at().toEpochMilli());
          return session.update(
              "DELETE FROM dead_letters WHERE seq <= (SELECT max(seq) FROM dead_letters) - ?",
              DEAD_LETTERS_MAX);
        });
  }

  @Override
  public Future<List<DeadLetter>> deadLetters(int limit) {
    return CallerContext.here(
        database.read(
            session ->
                session.query(
                    "SELECT * FROM dead_letters ORDER BY seq DESC LIMIT ?",
                    row ->
                        new DeadLetter(
                            new JobId(row.getString("job")),
                            row.getString("reason"),
                            row.getInt("attempts"),
                            row.getLong("fence"),
                            Instant.ofEpochMilli(row.getLong("at"))),
                    Math.max(0, limit))));
  }

  private Future<Void> write(SqliteWork<Integer> work) {
    return CallerContext.here(database.write(work).mapEmpty());
  }

  /** Completes the pulls that wait, with nothing. */
  @Override
  public void close() {
    waiting.close();
  }

  private record LeasedMessage(SqliteJobQueue queue, long seq, long lease, Message message)
      implements Delivery {

    @Override
    public Future<Void> ack() {
      return queue.ack(this);
    }

    @Override
    public Future<Void> release(Duration delay) {
      return queue.release(this, delay);
    }
  }
}
