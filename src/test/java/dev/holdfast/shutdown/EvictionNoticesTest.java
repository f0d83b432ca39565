package dev.holdfast.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.shutdown.EvictionNotice.Notice;
import dev.holdfast.shutdown.EvictionNotices.Cloud;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.RequestOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sources as they are wired together, on Vert.x's own timers. */
class EvictionNoticesTest {

  @TempDir Path directory;
  private final Listening listening = new Listening();

  @AfterEach
  void close() {
    listening.close();
  }

  private List<String> sourcesHeard(int count) throws InterruptedException {
    List<String> heard = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Notice notice = listening.nextNotice();
      heard.add(notice.source() + (notice.certain() ? "" : "?"));
    }
    return heard;
  }

  @Test
  void allSourcesTogetherTellOfTheirEvictions() throws Exception {
    FakeGce gce = new FakeGce();
    FakeAws aws = new FakeAws();
    FakeAzure azure = new FakeAzure();
    Path file = directory.resolve("evict");
    EvictionNotices notices = new EvictionNotices(listening.vertx, () -> FakeCloud.NOW);
    RequestedEviction requested = EvictionNotices.requested();
    try (MetadataServer gceServer = new MetadataServer(gce);
        MetadataServer awsServer = new MetadataServer(aws);
        MetadataServer azureServer = new MetadataServer(azure)) {
      gceServer.open();
      awsServer.open();
      azureServer.open();
      aws.set(FakeAws.REBALANCE, "{\"noticeTime\":\"2026-03-01T11:59:50Z\"}");
      aws.evict();
      EvictionNotice all =
          EvictionNotices.all(
              List.of(
                  notices.cloud(Cloud.GCE, gceServer.base()),
                  notices.cloud(Cloud.AWS, awsServer.base()),
                  notices.cloud(Cloud.AZURE, azureServer.base()),
                  notices.file(file),
                  requested));
      all.start(listening::hear);
      assertThat(sourcesHeard(2)).containsExactlyInAnyOrder("AWS", "AWS?");
      gce.evict();
      gce.set("maintenance-event", "TERMINATE_ON_HOST_MAINTENANCE");
      azure.evict();
      Files.writeString(file, "10");
      assertThat(requested.notice(Optional.empty())).isTrue();
      assertThat(sourcesHeard(5))
          .containsExactlyInAnyOrder("GCE", "GCE", "Azure", "file", "request");

      Listening.await(all.close());
      assertThat(requested.notice(Optional.empty())).isFalse();
      assertThat(listening.heardNothing()).isTrue();
    }
  }

  @Test
  void aCloudThatWeAreNotInIsNoTrouble() throws Exception {
    EvictionNotices notices = new EvictionNotices(listening.vertx, () -> FakeCloud.NOW);
    try (MetadataServer absent = new MetadataServer(new FakeGce())) {
      for (Cloud cloud : Cloud.values()) {
        EvictionNotice source = notices.cloud(cloud, absent.base());
        source.start(listening::hear);
        Listening.await(source.close());
      }
    }
    assertThat(listening.heardNothing()).isTrue();
  }

  private int post(HttpServer server, HttpMethod method, String path) {
    return Listening.await(
        listening
            .vertx
            .createHttpClient()
            .request(
                new RequestOptions()
                    .setMethod(method)
                    .setPort(server.actualPort())
                    .setHost("127.0.0.1")
                    .setURI(path))
            .compose(request -> request.send("{\"ignored\": true}"))
            .map(HttpClientResponse::statusCode));
  }

  @Test
  void aRequestIsANoticeIfSomebodyListens() throws Exception {
    RequestedEviction requested = EvictionNotices.requested();
    HttpServer server =
        Listening.await(
            listening.vertx.createHttpServer().requestHandler(requested).listen(0, "127.0.0.1"));
    assertThat(post(server, HttpMethod.POST, "/evict")).isEqualTo(503);
    requested.start(listening::hear);
    assertThat(post(server, HttpMethod.POST, "/evict?deadline=15s")).isEqualTo(202);
    assertThat(listening.nextNotice())
        .isEqualTo(
            new Notice(
                "request", "somebody asked for it", Optional.of(Duration.ofSeconds(15)), true));
    assertThat(post(server, HttpMethod.POST, "/evict")).isEqualTo(202);
    assertThat(listening.nextNotice().deadline()).isEmpty();
    for (String wrong : List.of("", "soon", "-1", "15d", "9999999999s")) {
      assertThat(post(server, HttpMethod.POST, "/evict?deadline=" + wrong)).isEqualTo(400);
    }
    assertThat(post(server, HttpMethod.GET, "/evict")).isEqualTo(405);
    Listening.await(requested.close());
    assertThat(post(server, HttpMethod.POST, "/evict")).isEqualTo(503);
    assertThat(listening.heardNothing()).isTrue();
  }

  @Test
  void aRequestedNoticeSurvivesItsListener() {
    RequestedEviction requested = EvictionNotices.requested();
    requested.start(
        notice -> {
          throw new IllegalStateException("planted");
        });
    assertThat(requested.notice(Optional.of(Duration.ofSeconds(1)))).isTrue();
  }

  @Test
  void anEndOfTimeIsTakenForADay() {
    Optional<Duration> day = Optional.of(Duration.ofHours(24));
    assertThat(Optional.of(Deadline.until(Instant.MAX, FakeCloud.NOW))).isEqualTo(day);
    assertThat(Deadline.until(Instant.MIN, FakeCloud.NOW)).isZero();
    assertThat(Deadline.parse("999999999h")).isEqualTo(day);
    assertThat(Deadline.parse("0")).contains(Duration.ZERO);
  }
}
