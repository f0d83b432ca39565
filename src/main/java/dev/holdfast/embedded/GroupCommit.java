package dev.holdfast.embedded;

import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread of this process that writes. While one transaction reaches the disk, the calls
 * that arrive form the next: the price of the disk's patience is paid once a group.
 *
 * <p>A call that fails is undone alone: its group is rolled back and run again, each call under a
 * savepoint, so work must bear being run twice. If a transaction cannot begin because another
 * process keeps the database busy, it is tried {@link #BEGIN_ATTEMPTS} times, then its calls fail
 * with {@link JobError#UNAVAILABLE}: nothing was written. If it breaks later, its calls fail with
 * the {@link SQLException}: nobody knows what reached the disk.
 */
final class GroupCommit {

  private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);

  /** Calls that may wait; more are refused. */
  static final int PENDING_MAX = 4_096;

  /** Calls in one transaction; bounds how long other processes wait for this one. */
  private static final int GROUP_MAX = 512;

  /** Each attempt waits as long as SQLite's busy timeout. */
  private static final int BEGIN_ATTEMPTS = 3;

  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private final SqliteSession session;
  private final Runnable afterCommit;
  private final BlockingQueue<Call<?>> pending = new ArrayBlockingQueue<>(PENDING_MAX);
  private final Thread thread;
  private volatile boolean closed;

  /**
   * @param session closed with this
   * @param afterCommit runs on the writing thread after each transaction; it must not block
   */
  GroupCommit(SqliteSession session, Runnable afterCommit) {
    this.session = session;
    this.afterCommit = afterCommit;
    this.thread = new Thread(this::run, "holdfast-db-writer");
    thread.setDaemon(true);
    thread.start();
  }

  /** Completes on the writing thread when the work is durable. */
  <T> Future<T> submit(SqliteWork<T> work) {
    Call<T> call = new Call<>(work);
    if (closed) {
      call.fail(closing());
    } else if (!pending.offer(call)) {
      call.fail(
          new JobException(
              JobError.UNAVAILABLE,
              "The database has %d writes waiting and takes no more now.".formatted(PENDING_MAX),
              RETRY_AFTER));
    } else if (closed) {
      failPending();
    }
    return call.promise.future();
  }

  private void run() {
    List<Call<?>> group = new ArrayList<>(GROUP_MAX);
    try {
      while (!closed) {
        group.clear();
        group.add(pending.take());
        pending.drainTo(group, GROUP_MAX - 1);
        if (!closed) {
          transact(group);
        }
      }
    } catch (InterruptedException e) {
      LOG.error("The database writer was interrupted; this process writes no more.", e);
    } finally {
      closed = true;
      group.forEach(call -> call.fail(closing()));
      failPending();
    }
  }

  private void transact(List<Call<?>> group) {
    try {
      begin();
      if (!allSucceed(group)) {
        rollBack();
        begin();
        group.forEach(Call::again);
      }
    } catch (SQLException e) {
      JobException unavailable =
          new JobException(
              JobError.UNAVAILABLE, "The database is busy: " + e.getMessage(), RETRY_AFTER);
      group.forEach(call -> call.fail(unavailable));
      return;
    }
    try {
      for (Call<?> call : group) {
        call.attempt(session);
      }
      session.execute("COMMIT");
    } catch (SQLException e) {
      LOG.error("A transaction of {} writes broke; their callers are told.", group.size(), e);
      rollBack();
      group.forEach(call -> call.fail(e));
      return;
    }
    afterCommit.run();
    group.forEach(Call::settle);
  }

  /** Runs the calls as if none could fail, which spares two statements a call. */
  private boolean allSucceed(List<Call<?>> group) {
    for (Call<?> call : group) {
      if (!call.succeeds(session)) {
        return false;
      }
    }
    return true;
  }

  private void begin() throws SQLException {
    for (int attempt = 1; ; attempt++) {
      try {
        session.execute("BEGIN IMMEDIATE");
        return;
      } catch (SQLException e) {
        if (attempt == BEGIN_ATTEMPTS || closed) {
          throw e;
        }
      }
    }
  }

  private void rollBack() {
    try {
      session.execute("ROLLBACK");
    } catch (SQLException e) {
      // SQLite has rolled back by itself after some errors, and then says that there is nothing to
      LOG.debug("Nothing to roll back.", e);
    }
  }

  private void failPending() {
    for (Call<?> call = pending.poll(); call != null; call = pending.poll()) {
      call.fail(closing());
    }
  }

  static JobException closing() {
    return new JobException(JobError.UNAVAILABLE, "This process is closing.", RETRY_AFTER);
  }

  /** Lets the running transaction end and fails what waits. Blocks until then. Idempotent. */
  void close() throws SQLException, InterruptedException {
    if (!closed) {
      closed = true;
      // wakes the thread if it waits for work; if there is no room, it does not wait
      Call<Boolean> nothing = new Call<>(unused -> true);
      if (!pending.offer(nothing)) {
        nothing.settle();
      }
    }
    if (Thread.currentThread() != thread) {
      thread.join();
      session.close();
    }
  }

  private static final class Call<T> {
    private final SqliteWork<T> work;
    private final Promise<T> promise = Promise.promise();
    private @Nullable T result;
    private @Nullable Exception failure;
    private boolean ran;

    Call(SqliteWork<T> work) {
      this.work = work;
    }

    boolean succeeds(SqliteSession session) {
      try {
        result = work.run(session);
        ran = true;
      } catch (SQLException | RuntimeException e) {
        LOG.debug("A call failed; its group is run again, one by one.", e);
      }
      return ran;
    }

    void again() {
      result = null;
      ran = false;
    }

    void attempt(SqliteSession session) throws SQLException {
      if (ran) {
        return;
      }
      session.execute("SAVEPOINT one_call");
      try {
        result = work.run(session);
      } catch (SQLException | RuntimeException e) {
        failure = e;
        session.execute("ROLLBACK TO one_call");
      }
      session.execute("RELEASE one_call");
    }

    void settle() {
      quietly(
          () -> {
            if (failure == null) {
              promise.tryComplete(result);
            } else {
              promise.tryFail(failure);
            }
          });
    }

    void fail(Exception cause) {
      quietly(() -> promise.tryFail(cause));
    }

    /** A listener's fault must not stop the thread that everybody's writes need. */
    private static void quietly(Runnable completion) {
      try {
        completion.run();
      } catch (RuntimeException e) {
        LOG.error("A listener of a database call failed; its call was settled.", e);
      }
    }
  }
}
