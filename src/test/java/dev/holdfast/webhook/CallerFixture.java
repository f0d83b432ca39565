package dev.holdfast.webhook;

import static dev.holdfast.contract.Futures.await;

import dev.holdfast.SystemClock;
import dev.holdfast.job.WebhookDelivery.Answer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;

/** A caller, and receivers on the loopback; what the names mean is the test's to say. */
abstract class CallerFixture {

  static final Duration CALL_MAX = Duration.ofSeconds(1);
  static final Caller.Message MESSAGE =
      new Caller.Message("job_1-2", 1_700_000_000, "v1,abc v1,def", Buffer.buffer("{\"a\":1}"), 1);

  final Vertx vertx = Vertx.vertx();
  final SystemClock clock = new SystemClock();
  final AtomicInteger lookUps = new AtomicInteger();
  final Deque<List<InetAddress>> found = new ArrayDeque<>();
  final BlockingQueue<HttpServerRequest> heard = new LinkedBlockingQueue<>();

  static List<InetAddress> addresses(String... texts) {
    return Arrays.stream(texts).map(text -> Cidr.address(text).orElseThrow()).toList();
  }

  Future<List<InetAddress>> lookUp(String host) {
    lookUps.incrementAndGet();
    return found.isEmpty()
        ? Future.failedFuture(new UnknownHostException(host))
        : Future.succeededFuture(found.size() > 1 ? found.remove() : found.element());
  }

  HttpCaller caller(Names names, String... allowed) {
    TargetRules rules =
        new TargetRules(new AddressRules(Arrays.stream(allowed).map(Cidr::of).toList()));
    return new HttpCaller(vertx, rules, names, clock, new HttpCaller.Limits(CALL_MAX, 4));
  }

  Answer call(String url) {
    return await(caller(this::lookUp, "127.0.0.0/8").call(url, MESSAGE));
  }

  int receiver(Consumer<HttpServerRequest> behaviour) {
    return await(
            vertx
                .createHttpServer()
                .requestHandler(
                    request -> {
                      heard.add(request);
                      behaviour.accept(request);
                    })
                .listen(0, "127.0.0.1"))
        .actualPort();
  }

  int rawReceiver(Consumer<NetSocket> behaviour) {
    return await(
            vertx
                .createNetServer(new NetServerOptions())
                .connectHandler(behaviour::accept)
                .listen(0, "127.0.0.1"))
        .actualPort();
  }

  @AfterEach
  void close() {
    await(vertx.close());
    clock.close();
  }
}
