package dev.holdfast;

import dev.holdfast.shutdown.Drainable;
import dev.holdfast.shutdown.EvictionNotice;
import dev.holdfast.shutdown.EvictionNotice.Notice;
import dev.holdfast.shutdown.ProcessSignals;
import dev.holdfast.shutdown.ShutdownVerticle;
import dev.holdfast.shutdown.ShutdownVerticle.Stage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How this process ends, whoever wants it to: SIGTERM, Ctrl-C, an eviction notice, the end of its
 * parent, a fault it cannot survive. One drain with one deadline, on an event loop of its own,
 * which no other can hold up. Thread-safe.
 */
final class WayOut {

  private static final Logger LOG = LoggerFactory.getLogger(WayOut.class);

  /** What a process that cannot go on ends with. */
  static final int FATAL = 70;

  /** Of a notice's time, this is left for the end of the process to be noticed and reported. */
  private static final Duration MARGIN_MIN = Duration.ofSeconds(3);

  /** How long Java may take over its own end: with it a drain of 12 s stays below Spot's 15 s. */
  private static final Duration EXIT_MAX = Duration.ofSeconds(2);

  /** Of what a notice gives beyond this, a sixth is left if that is more. */
  private static final Duration SHORT_NOTICE = Duration.ofSeconds(30);

  private final Vertx vertx =
      Vertx.vertx(
          new VertxOptions()
              .setEventLoopPoolSize(1)
              .setWorkerPoolSize(1)
              .setInternalBlockingPoolSize(1));
  private final Duration grace;
  private final IntConsumer exit;
  private @Nullable ShutdownVerticle shutdown;

  /**
   * @param grace the budget of a drain whose notice names none
   */
  WayOut(Duration grace) {
    this(grace, WayOut::exit);
  }

  /**
   * @param exit ends the process with a code
   */
  WayOut(Duration grace, IntConsumer exit) {
    this.grace = grace;
    this.exit = exit;
  }

  /** Ends the process with a code; a shutdown hook of somebody's that hangs cannot keep it. */
  private static void exit(int code) {
    Thread halt =
        new Thread(
            () -> {
              try {
                new CountDownLatch(1).await(EXIT_MAX.toMillis(), TimeUnit.MILLISECONDS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              Runtime.getRuntime().halt(code);
            },
            "holdfast-halt");
    halt.setDaemon(true);
    halt.start();
    System.exit(code);
  }

  /** A participant that leaves on its own threads. */
  static Drainable leaving(String name, Supplier<Future<Void>> leave) {
    return new Drainable() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Future<Void> drain(Duration budget) {
        return leave.get();
      }
    };
  }

  /** A participant whose leaving blocks. */
  static Drainable closing(String name, Runnable close) {
    return leaving(
        name,
        () -> {
          Promise<Void> closed = Promise.promise();
          Thread thread =
              new Thread(
                  () -> {
                    try {
                      close.run();
                      closed.complete();
                    } catch (RuntimeException e) {
                      closed.fail(e);
                    }
                  },
                  "holdfast-close");
          thread.setDaemon(true);
          thread.start();
          return closed.future();
        });
  }

  /**
   * Takes the process's signals: the first begins the drain, the second ends the process. To be
   * called first, so that a process that is told to go while it starts goes in good order, too.
   */
  WayOut hearSignals() {
    ProcessSignals.on(this::begin, code -> Runtime.getRuntime().halt(code));
    return this;
  }

  /** From now on there is something to drain. */
  synchronized void open(List<Stage> stages) {
    ShutdownVerticle verticle = new ShutdownVerticle(stages, grace, exit);
    vertx.deployVerticle(verticle).toCompletionStage().toCompletableFuture().join();
    shutdown = verticle;
  }

  /** Opens it and blocks until the process ends; never returns. */
  void serve(List<Stage> stages) throws InterruptedException {
    open(stages);
    new CountDownLatch(1).await();
  }

  /** Begins the drain with the usual budget; ends the process if there is nothing to drain yet. */
  synchronized void begin(String why) {
    if (shutdown == null) {
      exit.accept(0);
    } else {
      shutdown.begin(why);
    }
  }

  /** Begins the drain because this process cannot go on; a fresh one should take over. */
  synchronized void fail(String why) {
    if (shutdown == null) {
      exit.accept(FATAL);
    } else {
      shutdown.fail(why, FATAL);
    }
  }

  /** Follows notices of an eviction. */
  void follow(EvictionNotice notices) {
    notices.start(this::heard);
  }

  private synchronized void heard(Notice notice) {
    String what = "%s says %s".formatted(notice.source(), notice.what());
    if (!notice.certain()) {
      LOG.warn("{}: an eviction may follow; going on until it does", what);
    } else if (shutdown == null) {
      exit.accept(0);
    } else if (notice.deadline().isPresent()) {
      shutdown.begin(what, budget(notice.deadline().get()));
    } else {
      shutdown.begin(what);
    }
  }

  /** Of 15 s 12 are used, of 30 s 27, of 120 s 105. */
  static Duration budget(Duration deadline) {
    Duration share = deadline.minus(SHORT_NOTICE).dividedBy(6);
    Duration left = deadline.minus(share.compareTo(MARGIN_MIN) < 0 ? MARGIN_MIN : share);
    return left.isNegative() ? Duration.ZERO : left;
  }

  /** Ends the process when its parent is gone: {@code in} is a pipe that only the parent holds. */
  void withParent(InputStream in) {
    Thread watch =
        new Thread(
            () -> {
              try {
                while (in.read() >= 0) {
                  // whatever the parent says, it is alive
                }
              } catch (IOException e) {
                LOG.debug("a broken pipe is an end as well", e);
              }
              begin("the parent is gone");
            },
            "holdfast-parent");
    watch.setDaemon(true);
    watch.start();
  }

  /** The loop for whoever belongs to the way out. */
  Vertx vertx() {
    return vertx;
  }
}
