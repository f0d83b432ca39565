package dev.holdfast.gcp;

import com.google.api.core.ApiFuture;
import com.google.api.core.ApiFutureCallback;
import com.google.api.core.ApiFutures;
import com.google.common.util.concurrent.MoreExecutors;
import dev.holdfast.adapter.CallerContext;
import io.vertx.core.Future;
import io.vertx.core.Promise;

/** The one place where a thread of Google's libraries hands an outcome back to its caller. */
final class GcpFutures {

  private GcpFutures() {}

  /** The same outcome on the Vert.x context that calls this method, if there is one. */
  static <T> Future<T> here(ApiFuture<T> future) {
    return CallerContext.here(plain(future));
  }

  /** The same outcome on the library's thread, which what listens must not block. */
  static <T> Future<T> plain(ApiFuture<T> future) {
    Promise<T> promise = Promise.promise();
    ApiFutures.addCallback(
        future,
        new ApiFutureCallback<T>() {
          @Override
          public void onFailure(Throwable failure) {
            promise.tryFail(failure);
          }

          @Override
          public void onSuccess(T result) {
            promise.tryComplete(result);
          }
        },
        MoreExecutors.directExecutor());
    return promise.future();
  }
}
