package dev.holdfast.shutdown;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.holdfast.shutdown.EvictionNotices.Cloud;
import dev.holdfast.shutdown.MetadataServer.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** Endpoints that are absent, slow, hostile or somebody else, for every cloud. */
class MetadataEndpointTest {

  private static FakeCloud fake(Cloud cloud) {
    return switch (cloud) {
      case GCE -> new FakeGce();
      case AWS -> new FakeAws();
      case AZURE -> new FakeAzure();
    };
  }

  private final Listening listening = new Listening();

  @AfterEach
  void close() {
    listening.close();
  }

  private static Stream<Arguments> faults() {
    return Arrays.stream(Cloud.values())
        .flatMap(
            cloud ->
                Arrays.stream(Fault.values())
                    .filter(fault -> fault != Fault.NONE)
                    .map(fault -> arguments(cloud, fault)));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aFaultIsNoNoticeAndNoEnd(Cloud cloud, Fault fault) throws Exception {
    FakeCloud fake = fake(cloud);
    try (MetadataServer server = new MetadataServer(fake)) {
      server.open();
      server.fail(fault);
      listening.watch(fake, server).start(listening::hear);
      for (int tries = 0; tries < 2; tries++) {
        assertThat(server.nextAsked()).doesNotContain("elsewhere");
        if (fault == Fault.SILENCE || fault == Fault.UNENDED) {
          ScriptedTimers.Alarm limit = listening.limits.next();
          assertThat(limit.delay()).isEqualTo(Duration.ofSeconds(5));
          limit.fire();
          server.awaitGone();
        }
        ScriptedTimers.Alarm wait = listening.waits.next();
        assertThat(wait.delay()).isEqualTo(Duration.ofSeconds(1 << tries));
        assertThat(server.unseen()).isZero();
        assertThat(listening.heardNothing()).isTrue();
        if (tries == 1) {
          server.fail(Fault.NONE);
          fake.evict();
        }
        wait.fire();
      }
      assertThat(listening.nextNotice().deadline()).isEqualTo(fake.deadline());
    }
  }

  @ParameterizedTest
  @EnumSource
  void anAbsentEndpointIsAskedEverLessOftenAndHeardWhenItAppears(Cloud cloud) throws Exception {
    FakeCloud fake = fake(cloud);
    try (MetadataServer server = new MetadataServer(fake)) {
      listening.watch(fake, server).start(listening::hear);
      for (int seconds : new int[] {1, 2, 4, 8, 16, 32, 60}) {
        listening.waits.expect(Duration.ofSeconds(seconds));
      }
      ScriptedTimers.Alarm wait = listening.waits.next();
      assertThat(wait.delay()).isEqualTo(Duration.ofSeconds(60));
      listening.chance(0);
      wait.fire();
      wait = listening.waits.next();
      assertThat(wait.delay()).as("jitter").isEqualTo(Duration.ofSeconds(30));

      fake.evict();
      server.open();
      wait.fire();
      assertThat(listening.nextNotice().deadline()).isEqualTo(fake.deadline());
      listening.chance(1);
      wait = listening.waits.next();
      server.shut();
      wait.fire();
      listening.waits.expect(Duration.ofSeconds(1));
    }
  }

  @ParameterizedTest
  @EnumSource
  void nothingIsAskedAfterTheClose(Cloud cloud) throws Exception {
    FakeCloud fake = fake(cloud);
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
    FakeCloud fake = fake(cloud);
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
    FakeCloud fake = fake(cloud);
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

  @Test
  void theLogHasALinePerChangeAndNotPerTry() throws Exception {
    Logger logger = (Logger) LoggerFactory.getLogger(ProbeLoop.class);
    Level before = logger.getLevel();
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    logger.setLevel(Level.INFO);
    logger.addAppender(lines);
    FakeAws fake = new FakeAws();
    try (MetadataServer server = new MetadataServer(fake)) {
      server.open();
      server.fail(Fault.FORBIDDEN);
      listening.watch(fake, server).start(listening::hear);
      List<Fault> course = new ArrayList<>(List.of(Fault.FORBIDDEN, Fault.NONE, Fault.NONE));
      course.addAll(List.of(Fault.ERROR, Fault.ERROR, Fault.NONE));
      course.addAll(List.of(Fault.ERROR, Fault.ERROR, Fault.ERROR, Fault.ERROR, Fault.NONE));
      for (Fault fault : course) {
        ScriptedTimers.Alarm wait = listening.waits.next();
        server.fail(fault);
        wait.fire();
      }
      listening.waits.next();
      assertThat(lines.list)
          .extracting(line -> line.getLevel() + " " + line.getFormattedMessage())
          .satisfiesExactly(
              line -> assertThat(line).startsWith("INFO").contains("no sensible answer", "403"),
              line -> assertThat(line).startsWith("INFO").contains("answers"),
              line -> assertThat(line).startsWith("WARN").contains("any more", "500"),
              line -> assertThat(line).startsWith("INFO").contains("answers"));
    } finally {
      logger.detachAppender(lines);
      logger.setLevel(before);
    }
  }
}
