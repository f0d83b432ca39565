package dev.holdfast.adapter;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.concurrent.RejectedExecutionException;

/** The one place where an adapter's threads hand an outcome back to a Vert.x context. */
public final class CallerContext {

  private CallerContext() {}

  /**
   * The same outcome on the Vert.x context that calls this method; without one, on whichever thread
   * completes {@code future}, which the caller must then not block.
   */
  public static <T> Future<T> here(Future<T> future) {
    Context context = Vertx.currentContext();
    if (context == null) {
      return future;
    }
    Promise<T> promise = Promise.promise();
    future.onComplete(outcome -> run(context, () -> promise.handle(outcome)));
    return promise.future();
  }

  /** Runs {@code task} on {@code context}, or at once if that context's Vert.x has closed. */
  public static void run(Context context, Runnable task) {
    try {
      context.runOnContext(nothing -> task.run());
    } catch (RejectedExecutionException closed) {
      task.run();
    }
  }
}
