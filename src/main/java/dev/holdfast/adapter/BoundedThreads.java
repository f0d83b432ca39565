package dev.holdfast.adapter;

import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A fixed number of daemon threads behind a bounded queue: what does not fit is refused. */
public final class BoundedThreads {

  private static final Logger LOG = LoggerFactory.getLogger(BoundedThreads.class);

  /** How long {@link #close()} waits for running tasks, in seconds. */
  private static final long CLOSE_SECONDS = 10;

  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private final String name;
  private final ThreadPoolExecutor threads;

  /**
   * @param name of the threads, with a number each
   * @param pendingMax calls that may wait; more are refused
   */
  public BoundedThreads(String name, int size, int pendingMax) {
    this.name = name;
    AtomicInteger number = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            size,
            size,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(pendingMax),
            task -> {
              Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Completes on the thread that ran the task; fails with UNAVAILABLE if it was not run. */
  public <T> Future<T> submit(Callable<T> task) {
    Task<T> submitted = new Task<>(task);
    try {
      threads.execute(submitted);
    } catch (RejectedExecutionException e) {
      submitted.fail(unavailable());
    }
    return submitted.promise.future();
  }

  private JobException unavailable() {
    return new JobException(
        JobError.UNAVAILABLE,
        threads.isShutdown()
            ? "This process is closing."
            : "All of %s are busy and too much waits for them.".formatted(name),
        RETRY_AFTER);
  }

  /** Fails what waits and lets what runs end; blocks until then, but not for ever. Idempotent. */
  public void close() throws InterruptedException {
    threads.shutdown();
    for (Runnable waiting = threads.getQueue().poll();
        waiting != null;
        waiting = threads.getQueue().poll()) {
      ((Task<?>) waiting).fail(unavailable());
    }
    if (!threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
      LOG.warn("A task of {} still runs after {} s; it is left behind.", name, CLOSE_SECONDS);
    }
  }

  private static final class Task<T> implements Runnable {
    private final Callable<T> callable;
    private final Promise<T> promise = Promise.promise();

    Task(Callable<T> callable) {
      this.callable = callable;
    }

    @Override
    public void run() {
      T result;
      try {
        result = callable.call();
      } catch (Exception e) {
        fail(e);
        return;
      }
      try {
        promise.tryComplete(result);
      } catch (RuntimeException e) {
        LOG.error("A listener failed; its call was settled.", e);
      }
    }

    void fail(Exception cause) {
      try {
        promise.tryFail(cause);
      } catch (RuntimeException e) {
        LOG.error("A listener failed; its call was settled.", e);
      }
    }
  }
}
