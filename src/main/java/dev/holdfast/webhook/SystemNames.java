package dev.holdfast.webhook;

import dev.holdfast.adapter.BoundedThreads;
import io.vertx.core.Future;
import java.net.InetAddress;
import java.util.List;

/** Asks as the machine is set up to ask. The call blocks, so it has threads of its own. */
final class SystemNames implements Names {

  private static final int THREADS = 8;
  private static final int WAITING_MAX = 64;

  private final BoundedThreads threads =
      new BoundedThreads("holdfast-webhook-names", THREADS, WAITING_MAX);

  @Override
  public Future<List<InetAddress>> lookUp(String host) {
    return threads.submit(() -> List.of(InetAddress.getAllByName(host)));
  }

  /** Blocks until running questions are answered, but not for ever. */
  void close() throws InterruptedException {
    threads.close();
  }
}
