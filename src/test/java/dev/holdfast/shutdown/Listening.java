package dev.holdfast.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.shutdown.EvictionNotice.Notice;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What a source runs on in a test, and what it has told. */
final class Listening implements AutoCloseable {

  private static final long WAIT_SECONDS_MAX = 20;

  final Vertx vertx = Vertx.vertx();
  final ScriptedTimers waits = new ScriptedTimers();
  final ScriptedTimers limits = new ScriptedTimers();
  private final BlockingQueue<Notice> heard = new LinkedBlockingQueue<>();
  private volatile double chance = 1.0;

  /** With this one back-offs are as long as they get. */
  Clockwork clockwork() {
    return new Clockwork(vertx, () -> FakeCloud.NOW, waits, limits, () -> chance);
  }

  void chance(double of) {
    chance = of;
  }

  /** One cloud's probe alone, so that all timers are its own. */
  EvictionNotice watch(FakeCloud cloud, MetadataServer server) {
    MetadataClient client = new MetadataClient(clockwork(), server.base());
    return new Watched(clockwork(), List.of(cloud.probe(client)), client::close);
  }

  void hear(Notice notice) {
    heard.add(notice);
  }

  Notice nextNotice() throws InterruptedException {
    Notice next = heard.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
    assertThat(next).as("no notice was given").isNotNull();
    return next;
  }

  boolean heardNothing() {
    return heard.isEmpty();
  }

  static <T> T await(Future<T> future) {
    return future
        .toCompletionStage()
        .toCompletableFuture()
        .orTimeout(WAIT_SECONDS_MAX, TimeUnit.SECONDS)
        .join();
  }

  @Override
  public void close() {
    await(vertx.close());
  }
}
