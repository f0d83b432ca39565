package dev.holdfast.embedded;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobQueue.Delivery;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The pulls of this process, oldest first. They are served in rounds, one transaction for all: a
 * round begins with a new pull, when the watch sees a message that is visible, and when one that is
 * leased or delayed becomes so. Thread-safe.
 */
final class WaitingPulls implements SqliteWatch.Watcher, AutoCloseable {

  /** Pulls that may wait in one process; more are refused. */
  private static final int PULLS_MAX = 1_000;

  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  /** When the next message is visible of those that were pulled before, and of those that not. */
  static final String NEXT =
      """
      SELECT visible_at FROM (
        SELECT visible_at FROM messages WHERE lease > 0 ORDER BY visible_at LIMIT 1)
      UNION ALL
      SELECT visible_at FROM (
        SELECT visible_at FROM messages WHERE lease = 0 ORDER BY visible_at LIMIT 1)""";

  /** Leases messages that nobody holds. */
  interface Take {
    /**
     * @param turn one more in each round; the same if a round is run again
     */
    List<Delivery> take(SqliteSession session, int max, Duration ackDeadline, long turn)
        throws SQLException;
  }

  private final SqliteDatabase database;
  private final Clocked clock;
  private final Take take;
  private final Queue<Pull> pulls = new ArrayDeque<>();
  private boolean serving;
  private boolean serveAgain;
  private boolean closed;
  private long rounds;
  private long alarmAt = Long.MAX_VALUE;
  private Clocked.@Nullable Timer alarm;

  WaitingPulls(SqliteDatabase database, Clocked clock, Take take) {
    this.database = database;
    this.clock = clock;
    this.take = take;
  }

  /** Completes on a thread of the database or of the clock. */
  Future<List<Delivery>> add(int max, Duration ackDeadline, Duration wait) {
    Pull pull = new Pull(max, ackDeadline);
    synchronized (this) {
      if (closed) {
        return Future.failedFuture(GroupCommit.closing());
      }
      if (pulls.size() >= PULLS_MAX) {
        return Future.failedFuture(
            new JobException(
                JobError.UNAVAILABLE,
                "This process already has %d pulls waiting.".formatted(PULLS_MAX),
                RETRY_AFTER));
      }
      pulls.add(pull);
      pull.expired = wait.isZero() || wait.isNegative();
      if (!pull.expired) {
        pull.timer = clock.after(wait, () -> expire(pull));
      }
    }
    serve();
    return pull.promise.future();
  }

  private void expire(Pull pull) {
    synchronized (this) {
      pull.expired = true;
      // a round that runs may have leased messages for it
      if (serving || !pulls.remove(pull)) {
        return;
      }
      if (pulls.isEmpty()) {
        rest();
      }
    }
    pull.promise.tryComplete(List.of());
  }

  private void serve() {
    List<Pull> round;
    long turn;
    synchronized (this) {
      serveAgain = serving;
      if (serving || pulls.isEmpty()) {
        return;
      }
      serving = true;
      round = List.copyOf(pulls);
      turn = rounds++;
    }
    database
        .write(session -> takeFor(round, turn, session))
        .onComplete(taken -> served(round, taken));
  }

  private Map<Pull, List<Delivery>> takeFor(List<Pull> round, long turn, SqliteSession session)
      throws SQLException {
    Map<Pull, List<Delivery>> taken = new HashMap<>();
    for (Pull pull : round) {
      List<Delivery> deliveries = take.take(session, pull.max, pull.ackDeadline, turn);
      if (deliveries.isEmpty()) {
        break;
      }
      taken.put(pull, deliveries);
    }
    return taken;
  }

  private void served(List<Pull> round, AsyncResult<Map<Pull, List<Delivery>>> outcome) {
    List<Pull> settled = new ArrayList<>();
    boolean again;
    synchronized (this) {
      serving = false;
      for (Pull pull : round) {
        boolean over = outcome.failed() || closed || pull.expired;
        if (over || outcome.result().containsKey(pull)) {
          pulls.remove(pull);
          settled.add(pull);
        }
      }
      again = serveAgain && !pulls.isEmpty();
      if (pulls.isEmpty()) {
        rest();
      } else if (!again) {
        database.watch().add(this);
      }
    }
    for (Pull pull : settled) {
      pull.settle(outcome, isClosed());
    }
    if (again) {
      serve();
    }
  }

  @Override
  public void look(SqliteSession session) throws SQLException {
    Optional<Long> next =
        session.query(NEXT, row -> row.getLong(1)).stream().min(Comparator.naturalOrder());
    if (next.isEmpty()) {
      return;
    }
    Instant visibleAt = Instant.ofEpochMilli(next.get());
    Instant now = clock.instant();
    if (!visibleAt.isAfter(now)) {
      serve();
      return;
    }
    synchronized (this) {
      if (!pulls.isEmpty() && next.get() != alarmAt) {
        cancelAlarm();
        alarmAt = next.get();
        alarm = clock.after(Duration.between(now, visibleAt), this::ring);
      }
    }
  }

  private void ring() {
    synchronized (this) {
      cancelAlarm();
    }
    serve();
  }

  private void rest() {
    database.watch().remove(this);
    cancelAlarm();
  }

  private void cancelAlarm() {
    alarmAt = Long.MAX_VALUE;
    if (alarm != null) {
      alarm.cancel();
      alarm = null;
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    List<Pull> ended = new ArrayList<>();
    synchronized (this) {
      closed = true;
      rest();
      if (!serving) {
        ended.addAll(pulls);
        pulls.clear();
      }
    }
    for (Pull pull : ended) {
      pull.promise.tryComplete(List.of());
    }
  }

  /** Its changing fields are guarded by the pulls' lock. */
  private static final class Pull {
    private final int max;
    private final Duration ackDeadline;
    private final Promise<List<Delivery>> promise = Promise.promise();
    private boolean expired;
    private Clocked.@Nullable Timer timer;

    Pull(int max, Duration ackDeadline) {
      this.max = max;
      this.ackDeadline = ackDeadline;
    }

    void settle(AsyncResult<Map<Pull, List<Delivery>>> round, boolean closing) {
      if (timer != null) {
        timer.cancel();
      }
      if (round.succeeded()) {
        promise.tryComplete(round.result().getOrDefault(this, List.of()));
      } else if (closing) {
        promise.tryComplete(List.of());
      } else {
        promise.tryFail(round.cause());
      }
    }
  }
}
