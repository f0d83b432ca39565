package dev.holdfast.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.shutdown.EvictionNotices.Cloud;
import dev.holdfast.shutdown.MetadataServer.Fault;
import io.vertx.core.Promise;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The beginning and the end of a source, for every cloud. */
class WatchedTest {

  private final Listening listening = new Listening();

  @AfterEach
  void close() {
    listening.close();
  }

  @ParameterizedTest
  @EnumSource
  void nothingIsAskedAfterTheClose(Cloud cloud) throws Exception {
    FakeCloud fake = FakeCloud.of(cloud);
    try (MetadataServer server = new MetadataServer(fake)) {
      server.open();
      EvictionNotice source = listening.watch(fake, server);
      source.start(listening::hear);
      ScriptedTimers.Alarm wait = listening.waits.next();
      assertThat(source.close()).isSameAs(source.close());
      Listening.await(source.close());
      server.forget();
      assertThat(wait.stopped()).isTrue();

      fake.evict();
      wait.fire();
      source.start(listening::hear);
      try (Listening other = new Listening()) {
        other.watch(fake, server).start(other::hear);
        other.waits.next();
        other.nextNotice();
      }
      assertThat(listening.waits.isEmpty()).isTrue();
      assertThat(listening.heardNothing()).isTrue();
      assertThat(server.unseen()).as("only the other one asked").isBetween(1, 2);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theCloseCutsOffWhatIsPending(Cloud cloud) throws Exception {
    FakeCloud fake = FakeCloud.of(cloud);
    try (MetadataServer server = new MetadataServer(fake)) {
      server.open();
      server.fail(Fault.SILENCE);
      EvictionNotice source = listening.watch(fake, server);
      source.start(listening::hear);
      server.nextAsked();
      Listening.await(source.close());
      server.awaitGone();
      assertThat(listening.waits.isEmpty()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void itMayBeClosedBeforeTheStartAndAfterVertxItself(Cloud cloud) throws Exception {
    FakeCloud fake = FakeCloud.of(cloud);
    try (MetadataServer server = new MetadataServer(fake)) {
      server.open();
      EvictionNotice unstarted = listening.watch(fake, server);
      EvictionNotice started = listening.watch(fake, server);
      EvictionNotice late = listening.watch(fake, server);
      Listening.await(unstarted.close());
      unstarted.start(listening::hear);
      started.start(listening::hear);
      started.start(listening::hear);
      listening.waits.next();
      assertThat(listening.waits.isEmpty()).as("a second start does nothing").isTrue();
      Listening.await(listening.vertx.close());
      late.start(listening::hear);
      Listening.await(late.close());
      Listening.await(started.close());
    }
  }

  @Test
  void aListenerMayCloseItsSource() throws Exception {
    FakeAzure fake = new FakeAzure();
    fake.list(
        FakeAzure.event("1", "Preempt", FakeAzure.NAME, ""),
        FakeAzure.event("2", "Terminate", FakeAzure.NAME, ""));
    try (MetadataServer server = new MetadataServer(fake)) {
      server.open();
      EvictionNotice source = listening.watch(fake, server);
      Promise<Void> closed = Promise.promise();
      source.start(
          notice -> {
            listening.hear(notice);
            source.close().onComplete(closed);
          });
      Listening.await(closed.future());
      assertThat(listening.nextNotice().what()).contains("Preempt");
      assertThat(listening.heardNothing()).isTrue();
      assertThat(listening.waits.isEmpty()).isTrue();
    }
  }

  @Test
  void aListenerThatThrowsHasHeard() throws Exception {
    FakeAws fake = new FakeAws();
    fake.evict();
    try (MetadataServer server = new MetadataServer(fake)) {
      server.open();
      listening
          .watch(fake, server)
          .start(
              notice -> {
                listening.hear(notice);
                throw new IllegalStateException("planted");
              });
      listening.nextNotice();
      listening.waits.expect(Duration.ofSeconds(5));
      listening.waits.expect(Duration.ofSeconds(5));
      assertThat(listening.heardNothing()).isTrue();
    }
  }
}
