package dev.holdfast.worker;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that a worker's decisions are made on. What other threads have to say is brought
 * here, so that nothing above needs a lock.
 *
 * @param executor runs tasks one after the other
 */
record Loop(Executor executor) {

  void execute(Runnable task) {
    executor.execute(task);
  }

  /** The same outcome, on the loop. */
  <T extends @Nullable Object> Future<T> here(Future<T> elsewhere) {
    Promise<T> here = Promise.promise();
    elsewhere.onComplete(done -> executor.execute(() -> here.handle(done)));
    return here.future();
  }
}
