package dev.holdfast.world;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A port that leads to another one, until it is shut: then its connections are cut and nobody is
 * let in, as if the server behind it had gone. Thread-safe.
 */
public final class TcpGate implements AutoCloseable {

  private static final long CALL_SECONDS_MAX = 10;

  private final Vertx vertx = Vertx.vertx();
  private final NetClient client = vertx.createNetClient();
  private final NetServer server = vertx.createNetServer();
  private final Set<NetSocket> sockets = ConcurrentHashMap.newKeySet();
  private final String targetHost;
  private final int targetPort;
  private final AtomicInteger turnedAway = new AtomicInteger();
  private volatile boolean shut;

  /**
   * Opens a gate on a free loopback port.
   *
   * @param target {@code host:port}
   */
  public TcpGate(String target) {
    int colon = target.lastIndexOf(':');
    this.targetHost = target.substring(0, colon);
    this.targetPort = Integer.parseInt(target.substring(colon + 1));
    await(server.connectHandler(this::enter).listen(0, "127.0.0.1"));
  }

  /** What clients connect to. */
  public String host() {
    return "127.0.0.1:" + server.actualPort();
  }

  private void enter(NetSocket from) {
    if (shut) {
      turnedAway.incrementAndGet();
      from.close();
      return;
    }
    from.pause();
    sockets.add(from);
    from.closeHandler(closed -> sockets.remove(from));
    client
        .connect(targetPort, targetHost)
        .onFailure(failure -> from.close())
        .onSuccess(
            to -> {
              sockets.add(to);
              to.closeHandler(
                  closed -> {
                    sockets.remove(to);
                    from.close();
                  });
              from.closeHandler(
                  closed -> {
                    sockets.remove(from);
                    to.close();
                  });
              from.pipeTo(to);
              to.pipeTo(from);
              if (shut) {
                from.close();
              }
            });
  }

  /** How many came while it was shut. */
  public int turnedAway() {
    return turnedAway.get();
  }

  public void shut() {
    shut = true;
    sockets.forEach(NetSocket::close);
  }

  public void open() {
    shut = false;
  }

  private static <T> T await(Future<T> future) {
    return future
        .toCompletionStage()
        .toCompletableFuture()
        .orTimeout(CALL_SECONDS_MAX, TimeUnit.SECONDS)
        .join();
  }

  @Override
  public void close() {
    await(vertx.close());
  }
}
