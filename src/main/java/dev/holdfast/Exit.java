package dev.holdfast;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CountDownLatch;

/**
 * How a process that serves ends: SIGTERM, Ctrl-C and the end of its parent all lead to one orderly
 * close, and a close in good order is exit code 0.
 */
final class Exit {

  private static final int FATAL = 70;
  private static volatile boolean fatal;

  private Exit() {}

  /**
   * Blocks until the process is told to end; never returns.
   *
   * @param close bounded; runs once
   */
  static void serveUntilTold(Runnable close) throws InterruptedException {
    onExit(close, 0);
    new CountDownLatch(1).await();
  }

  /**
   * Runs {@code close} when the process is told to end, and then ends it.
   *
   * @param code the exit code, unless something fatal sets its own
   * @return the hook, to be taken back when there is nothing left to close
   */
  static Thread onExit(Runnable close, int code) {
    Thread hook =
        new Thread(
            () -> {
              close.run();
              // Without this the exit code would be the signal's, as if nothing had been closed.
              Runtime.getRuntime().halt(fatal ? FATAL : code);
            },
            "holdfast exit");
    Runtime.getRuntime().addShutdownHook(hook);
    return hook;
  }

  /** Ends the process because it cannot go on; a fresh one should take over. */
  static void fatal() {
    fatal = true;
    new Thread(() -> System.exit(FATAL), "holdfast fatal").start();
  }

  /** Ends the process when its parent is gone: {@code in} is a pipe that only the parent holds. */
  static void withParent(InputStream in) {
    Thread watch =
        new Thread(
            () -> {
              try {
                while (in.read() >= 0) {
                  // whatever the parent says, it is alive
                }
              } catch (IOException e) {
                // a broken pipe is an end as well
              }
              System.exit(0);
            },
            "holdfast parent watch");
    watch.setDaemon(true);
    watch.start();
  }
}
