package dev.holdfast.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.shutdown.EvictionNotice.Notice;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a metadata server that hangs as Compute Engine's does. */
class GceNoticeTest {

  private static final String PREEMPTED = "GET /computeMetadata/v1/instance/preempted";
  private static final String MAINTENANCE = "GET /computeMetadata/v1/instance/maintenance-event";
  private static final Duration BETWEEN = Duration.ofMillis(200);

  private final FakeGce gce = new FakeGce();
  private final MetadataServer server = new MetadataServer(gce);
  private final Listening listening = new Listening();

  GceNoticeTest() throws IOException {}

  @BeforeEach
  void open() {
    server.open();
  }

  @AfterEach
  void close() {
    listening.close();
    server.close();
  }

  private EvictionNotice maintenance() {
    MetadataClient client = new MetadataClient(listening.clockwork(), server.base());
    return new Watched(listening.clockwork(), List.of(GceProbe.maintenance(client)), client::close);
  }

  @Test
  void theRequestHangsUntilTheInstanceIsPreempted() throws Exception {
    listening.watch(gce, server).start(listening::hear);
    assertThat(server.nextAsked()).isEqualTo(PREEMPTED);
    listening.waits.expect(BETWEEN);
    assertThat(server.nextAsked())
        .matches(".*\\?wait_for_change=true&last_etag=[0-9a-f]+&timeout_sec=60");
    gce.awaitHeld();
    assertThat(listening.limits.next().delay()).isEqualTo(Duration.ofSeconds(65));
    assertThat(listening.waits.isEmpty()).as("it hangs").isTrue();

    gce.evict();
    assertThat(listening.nextNotice())
        .isEqualTo(new Notice("GCE", "the instance is preempted", Optional.empty(), true));
  }

  @Test
  void aHeldRequestThatEndsWithoutNewsIsAskedAgainAndTheNoticeComesOnce() throws Exception {
    listening.watch(gce, server).start(listening::hear);
    listening.waits.expect(BETWEEN);
    gce.awaitHeld();
    gce.elapse("preempted");
    listening.waits.expect(BETWEEN);
    gce.awaitHeld();
    gce.evict();
    listening.waits.expect(BETWEEN);
    gce.awaitHeld();
    gce.elapse("preempted");
    listening.waits.next();
    listening.nextNotice();
    assertThat(listening.heardNothing()).isTrue();
  }

  @Test
  void aChangeBetweenTwoRequestsIsNotMissed() throws Exception {
    listening.watch(gce, server).start(listening::hear);
    ScriptedTimers.Alarm between = listening.waits.next();
    gce.evict();
    between.fire();
    listening.nextNotice();
  }

  @Test
  void aServerWithoutEtagsIsAskedOnceASecond() throws Exception {
    gce.giveNoEtags();
    listening.watch(gce, server).start(listening::hear);
    assertThat(server.nextAsked()).isEqualTo(PREEMPTED);
    listening.waits.expect(Duration.ofSeconds(1));
    assertThat(server.nextAsked()).isEqualTo(PREEMPTED);
    gce.evict();
    listening.waits.expect(Duration.ofSeconds(1));
    listening.nextNotice();
  }

  @Test
  void maintenanceCountsOnlyIfItEndsTheInstanceAndEachTimeAnew() throws Exception {
    maintenance().start(listening::hear);
    assertThat(server.nextAsked()).isEqualTo(MAINTENANCE);
    for (String value :
        List.of(
            "MIGRATE_ON_HOST_MAINTENANCE",
            "TERMINATE_ON_HOST_MAINTENANCE",
            "NONE",
            "TERMINATE_ON_HOST_MAINTENANCE")) {
      listening.waits.expect(BETWEEN);
      gce.awaitHeld();
      gce.set("maintenance-event", value);
    }
    listening.waits.next();
    Notice notice = listening.nextNotice();
    assertThat(notice.deadline()).contains(Duration.ofSeconds(60));
    assertThat(notice.certain()).isTrue();
    assertThat(listening.nextNotice()).isEqualTo(notice);
    assertThat(listening.heardNothing()).isTrue();
  }

  @Test
  void whoeverAnswersWithoutTheFlavorIsNotBelieved() throws Exception {
    try (MetadataServer impostor =
        new MetadataServer(request -> FakeCloud.answer(request, 200, "TRUE"))) {
      impostor.open();
      listening.watch(gce, impostor).start(listening::hear);
      listening.waits.expect(Duration.ofSeconds(1));
      listening.waits.expect(Duration.ofSeconds(2));
      assertThat(listening.heardNothing()).isTrue();
    }
  }

  @Test
  void theFakeInsistsOnTheHeader() throws Exception {
    MetadataClient client = new MetadataClient(listening.clockwork(), server.base());
    assertThat(
            Listening.await(
                    client.ask(
                        HttpMethod.GET,
                        "/computeMetadata/v1/instance/preempted",
                        Map.of(),
                        MetadataClient.ANSWER_MAX))
                .status())
        .isEqualTo(403);
  }
}
