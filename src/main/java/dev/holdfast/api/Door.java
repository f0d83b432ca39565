package dev.holdfast.api;

import io.netty.channel.Channel;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;
import org.jspecify.annotations.Nullable;

/**
 * The socket that the instances of one process listen on. Vert.x closes it only when the last of
 * them has been shut down, and a client that was sent away before that comes back through it.
 * Thread-safe.
 */
final class Door {

  private volatile @Nullable Channel listening;

  /** Somebody came in by it; until then there is nobody to send away either. */
  void used(HttpConnection connection) {
    if (listening == null && connection instanceof HttpServerConnection known) {
      listening = known.channelHandlerContext().channel().parent();
    }
  }

  /** Lets nobody in any more; who is inside stays. Idempotent. */
  Future<Void> close() {
    Channel open = listening;
    if (open == null) {
      return Future.succeededFuture();
    }
    Promise<Void> closed = Promise.promise();
    open.close()
        .addListener(
            done -> {
              if (done.isSuccess()) {
                closed.complete();
              } else {
                closed.fail(done.cause());
              }
            });
    return closed.future();
  }
}
