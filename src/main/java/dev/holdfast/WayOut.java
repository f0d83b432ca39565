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
import java.util.function.Consumer;
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
  private static final Duration MARGIN_USUAL = Duration.ofSeconds(3);

  /** But no more of it than a quarter. */
  private static final int MARGIN_PART = 4;

  /**
   * What a hand-over takes as a rule (measured: p50 0.9 s, p95 1.6 s). Less is of no use, and
   * whoever is told that less is left, or that the time is up, loses nothing by trying: the clocks
   * may differ, and an eviction may be late.
   */
  private static final Duration HAND_OVER_MIN = Duration.ofMillis(1_500);

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
  private volatile @Nullable ShutdownVerticle shutdown;
  private volatile boolean leaving;

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

      @Override
      public void hurry(Duration left) {
        // it takes what it takes; whoever waits for it waits less
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

  /** From now on there is something to drain. Blocks for a moment; call once. */
  void open(List<Stage> stages) {
    List<Stage> all = List.copyOf(stages);
    open(() -> all);
  }

  /**
   * From now on there may be something to drain. Blocks for a moment; call once.
   *
   * @param stages asked when the drain begins, on the way out's loop: what has been started by then
   */
  void open(Supplier<List<Stage>> stages) {
    ShutdownVerticle verticle = new ShutdownVerticle(stages, grace, exit);
    // whoever begins from now on is heard, and this must hold nothing that the loop may wait for
    shutdown = verticle;
    vertx.deployVerticle(verticle).toCompletionStage().toCompletableFuture().join();
  }

  /** Blocks until the process ends; never returns. */
  void untilTheEnd() throws InterruptedException {
    new CountDownLatch(1).await();
  }

  /** Opens it and blocks until the process ends; never returns. */
  void serve(List<Stage> stages) throws InterruptedException {
    open(stages);
    untilTheEnd();
  }

  /** Begins the drain with the usual budget; ends the process if there is nothing to drain yet. */
  void begin(String why) {
    leave(0, verticle -> verticle.begin(why));
  }

  /** Begins the drain because this process cannot go on; a fresh one should take over. */
  void fail(String why) {
    leave(FATAL, verticle -> verticle.fail(why, FATAL));
  }

  /** Whether the drain has begun. */
  boolean leaving() {
    return leaving;
  }

  private void leave(int atOnce, Consumer<ShutdownVerticle> begin) {
    leaving = true;
    ShutdownVerticle open = shutdown;
    if (open == null) {
      exit.accept(atOnce);
    } else {
      begin.accept(open);
    }
  }

  /**
   * Follows notices of an eviction. To be called when it is open: a notice that is there already is
   * heard at once, and would end the process without a drain.
   */
  void follow(EvictionNotice notices) {
    notices.start(this::heard);
  }

  /** Runs on the loop of the way out, or of whoever tells; waits for nobody. */
  private void heard(Notice notice) {
    String what = "%s says %s".formatted(notice.source(), notice.what());
    if (!notice.certain()) {
      LOG.warn("{}: an eviction may follow; going on until it does", what);
    } else {
      Duration budget = notice.deadline().map(WayOut::budget).orElse(grace);
      leave(0, verticle -> verticle.begin(what, budget));
    }
  }

  /**
   * What a drain may take of a notice's time: of 4 s 3 are used, of 15 s 12, of 30 s 27, of 120 s
   * 105; and never less than a hand-over takes.
   */
  static Duration budget(Duration deadline) {
    Duration part = deadline.dividedBy(MARGIN_PART);
    Duration margin = part.compareTo(MARGIN_USUAL) < 0 ? part : MARGIN_USUAL;
    Duration share = deadline.minus(SHORT_NOTICE).dividedBy(6);
    Duration left = deadline.minus(margin.compareTo(share) < 0 ? share : margin);
    return left.compareTo(HAND_OVER_MIN) < 0 ? HAND_OVER_MIN : left;
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
