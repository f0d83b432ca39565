package dev.holdfast.shutdown;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.holdfast.shutdown.EvictionNotices.Cloud;
import dev.holdfast.shutdown.MetadataClient.Answer;
import dev.holdfast.shutdown.MetadataServer.Fault;
import io.vertx.core.http.HttpMethod;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** Endpoints that are absent, slow, hostile or somebody else, for every cloud. */
class MetadataEndpointTest {

  private final Listening listening = new Listening();

  @AfterEach
  void close() {
    listening.close();
  }

  @ParameterizedTest
  @MethodSource("dev.holdfast.shutdown.FakeCloud#faults")
  void aFaultIsNoNoticeAndNoEnd(Cloud cloud, Fault fault) throws Exception {
    FakeCloud fake = FakeCloud.of(cloud);
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
    FakeCloud fake = FakeCloud.of(cloud);
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

  /** A listener that takes no connection: with its queue full, the kernel drops whoever knocks. */
  @Test
  void aConnectionThatDoesNotComeAboutIsGivenUpBeforeTheAnswerIsDue() throws Exception {
    List<Socket> queue = new ArrayList<>();
    try (ServerSocket mute = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      boolean full = false;
      while (!full && queue.size() < 64) {
        Socket socket = new Socket();
        queue.add(socket);
        try {
          socket.connect(mute.getLocalSocketAddress(), 300);
        } catch (SocketTimeoutException e) {
          full = true;
        }
      }
      URI base = URI.create("http://127.0.0.1:" + mute.getLocalPort());
      MetadataClient client = new MetadataClient(listening.clockwork(), base);
      new Watched(listening.clockwork(), List.of(GceProbe.preempted(client)), client::close)
          .start(listening::hear);
      assertThat(listening.waits.next().delay()).isEqualTo(Duration.ofSeconds(1));
      assertThat(listening.limits.isEmpty()).as("the answer's limit is stopped").isTrue();
    } finally {
      for (Socket socket : queue) {
        socket.close();
      }
    }
  }

  @Test
  void anAnswerHasALimitOfSize() throws Exception {
    AtomicInteger bytes = new AtomicInteger(64 * 1024);
    try (MetadataServer server =
        new MetadataServer(request -> FakeCloud.answer(request, 200, " ".repeat(bytes.get())))) {
      server.open();
      MetadataClient client = new MetadataClient(listening.clockwork(), server.base());
      assertThat(ask(client).body()).hasSize(64 * 1024);
      bytes.incrementAndGet();
      assertThatThrownBy(() -> ask(client)).hasMessageContaining("more than 65536 bytes");
    }
  }

  private static Answer ask(MetadataClient client) {
    return Listening.await(client.ask(HttpMethod.GET, "/", Map.of(), MetadataClient.ANSWER_MAX));
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
