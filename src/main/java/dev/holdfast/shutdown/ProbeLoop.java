package dev.holdfast.shutdown;

import dev.holdfast.shutdown.EvictionNotice.Notice;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks again and again at one place, less often while it gives no sensible answer, and says so
 * once per change rather than once per look. Everything happens on one context.
 */
final class ProbeLoop {

  private static final Logger LOG = LoggerFactory.getLogger(ProbeLoop.class);

  /** The wait after the first failure in a row; each further one doubles it. */
  private static final Duration BACKOFF_MIN = Duration.ofSeconds(1);

  private static final Duration BACKOFF_MAX = Duration.ofSeconds(60);

  /** A metadata server may be away for a second while its host is looked after; that is no news. */
  private static final int LOST_AFTER_FAILURES = 3;

  private enum Standing {
    UNKNOWN,
    ANSWERS,
    SILENT
  }

  private final Clockwork clockwork;
  private final Context context;
  private final Probe probe;
  private final Consumer<Notice> tell;
  private Standing standing = Standing.UNKNOWN;
  private int failures;
  private boolean stopped;
  private Runnable stopWaiting = () -> {};

  ProbeLoop(Clockwork clockwork, Context context, Probe probe, Consumer<Notice> tell) {
    this.clockwork = clockwork;
    this.context = context;
    this.probe = probe;
    this.tell = tell;
  }

  /** Looks, and goes on looking. */
  void look() {
    if (stopped) {
      return;
    }
    Future<Duration> looked;
    try {
      looked = probe.look(tell);
    } catch (RuntimeException e) {
      looked = Future.failedFuture(e);
    }
    looked.onComplete(this::looked);
  }

  private void looked(AsyncResult<Duration> result) {
    if (stopped) {
      return;
    }
    Duration wait;
    if (result.succeeded()) {
      answered();
      wait = result.result();
    } else {
      failed(result.cause());
      wait = backoff();
    }
    stopWaiting = clockwork.waits().after(wait, () -> context.runOnContext(due -> look()));
  }

  private void answered() {
    failures = 0;
    if (standing != Standing.ANSWERS) {
      LOG.info("{} answers; watching it for an eviction notice.", probe.place());
      standing = Standing.ANSWERS;
    }
  }

  private void failed(Throwable cause) {
    failures++;
    String words = cause.getMessage() == null ? cause.getClass().getName() : cause.getMessage();
    if (standing == Standing.UNKNOWN) {
      LOG.info(
          "{} gives no sensible answer ({}); until it does, no eviction notice comes from there.",
          probe.place(),
          words);
      standing = Standing.SILENT;
    } else if (standing == Standing.ANSWERS && failures >= LOST_AFTER_FAILURES) {
      LOG.warn(
          "{} gives no sensible answer any more ({}); asking it again, ever less often.",
          probe.place(),
          words);
      standing = Standing.SILENT;
    }
  }

  /** Between a half and the whole of what is due, lest a fleet asks in step. */
  private Duration backoff() {
    int doublings = Math.min(failures - 1, 30);
    long due = Math.min(BACKOFF_MIN.toMillis() << doublings, BACKOFF_MAX.toMillis());
    return Duration.ofMillis(Math.round(due * (0.5 + clockwork.chance().getAsDouble() / 2)));
  }

  void stop() {
    stopped = true;
    stopWaiting.run();
  }
}
