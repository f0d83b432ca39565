package dev.holdfast.embedded;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices commits. Those of this process wake it, at most every {@link #REST_MS}; for those of
 * others it asks SQLite every {@link #TICK_MS} whether the database has changed, which reads a few
 * bytes of shared memory. With no watcher it sleeps for good.
 */
final class SqliteWatch {

  private static final Logger LOG = LoggerFactory.getLogger(SqliteWatch.class);

  /**
   * What another process's news may wait; shorter would cost more than 1% of a core for nothing.
   */
  private static final long TICK_MS = 15;

  /**
   * What news of this process may wait for others that come as fast: a look reads again what any
   * commit has changed, and a busy process commits hundreds of times a second.
   */
  private static final long REST_MS = 10;

  /** Wants to know of commits. */
  interface Watcher {
    /** Called on the watching thread after any commit, and once after {@link SqliteWatch#add}. */
    void look(SqliteSession session) throws SQLException;
  }

  private final SqliteSession session;
  private final Set<Watcher> watchers = new CopyOnWriteArraySet<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private final Thread thread;
  private boolean resting;
  private boolean commit;
  private boolean newcomer;
  private boolean closed;
  private boolean failing;

  SqliteWatch(Path file) throws SQLException {
    this.session = SqliteSession.open(file);
    this.thread = new Thread(this::run, "holdfast-db-watch");
    thread.setDaemon(true);
    thread.start();
  }

  /** Begins to tell {@code watcher}, which is called soon; harmless if it is told already. */
  void add(Watcher watcher) {
    lock.lock();
    try {
      watchers.add(watcher);
      newcomer = true;
      news.signal();
    } finally {
      lock.unlock();
    }
  }

  void remove(Watcher watcher) {
    watchers.remove(watcher);
  }

  /** Says that this process has committed. */
  void committed() {
    if (watchers.isEmpty()) {
      return;
    }
    lock.lock();
    try {
      commit = true;
      if (!resting) {
        news.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    long seen = -1;
    try {
      while (true) {
        boolean look = awaitTick();
        if (isClosed()) {
          return;
        }
        seen = lookIfChanged(seen, look);
      }
    } catch (InterruptedException e) {
      LOG.error("The database watch was interrupted; this process hears of no more changes.", e);
    }
  }

  /** Returns whether the watchers must look even if nothing has changed. */
  private boolean awaitTick() throws InterruptedException {
    lock.lock();
    try {
      while (!closed && watchers.isEmpty()) {
        news.await();
      }
      // resting if it was a commit of this process that ended the last wait
      long left = resting ? TimeUnit.MILLISECONDS.toNanos(REST_MS) : 0;
      while (!closed && !newcomer && left > 0) {
        left = news.awaitNanos(left);
      }
      resting = false;
      left = TimeUnit.MILLISECONDS.toNanos(TICK_MS);
      while (!closed && !newcomer && !commit && left > 0) {
        left = news.awaitNanos(left);
      }
      resting = commit;
      boolean look = newcomer;
      commit = false;
      newcomer = false;
      return look;
    } finally {
      lock.unlock();
    }
  }

  private long lookIfChanged(long seen, boolean look) {
    try {
      long version = session.number("PRAGMA data_version");
      if (look || version != seen) {
        for (Watcher watcher : watchers) {
          watcher.look(session);
        }
      }
      failing = false;
      return version;
    } catch (SQLException | RuntimeException e) {
      if (!failing) {
        LOG.warn("The database cannot be read; trying again every {} ms.", TICK_MS, e);
      }
      failing = true;
      return -1;
    }
  }

  private boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  void close() throws SQLException, InterruptedException {
    lock.lock();
    try {
      closed = true;
      news.signal();
    } finally {
      lock.unlock();
    }
    if (Thread.currentThread() != thread) {
      thread.join();
      session.close();
    }
  }
}
