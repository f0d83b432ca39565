package dev.holdfast.webhook;

import dev.holdfast.adapter.BoundedThreads;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Asks as the machine is set up to ask. The call blocks, so it has threads of its own. */
final class SystemNames implements Names {

  private static final int THREADS = 8;
  private static final int WAITING_MAX = 64;

  private final BoundedThreads threads =
      new BoundedThreads("holdfast-webhook-names", THREADS, WAITING_MAX);
  private final Map<String, Future<List<InetAddress>>> asked = new ConcurrentHashMap<>();
  private final Resolver resolver;

  /** Asks, and blocks until there is an answer. */
  interface Resolver {
    InetAddress[] addresses(String host) throws UnknownHostException;
  }

  SystemNames() {
    this(InetAddress::getAllByName);
  }

  SystemNames(Resolver resolver) {
    this.resolver = resolver;
  }

  /** Of one name only one question is open, so that a name without an answer costs one thread. */
  @Override
  public Future<List<InetAddress>> lookUp(String host) {
    Promise<List<InetAddress>> answer = Promise.promise();
    Future<List<InetAddress>> mine = answer.future();
    Future<List<InetAddress>> before = asked.putIfAbsent(host, mine);
    if (before != null) {
      return before;
    }
    mine.onComplete(done -> asked.remove(host, mine));
    threads.submit(() -> List.of(resolver.addresses(host))).onComplete(answer);
    return mine;
  }

  /** Blocks until running questions are answered, but not for ever. */
  void close() throws InterruptedException {
    threads.close();
  }
}
