package dev.holdfast.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.shutdown.EvictionNotice.Notice;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a service that lists the events of a whole scale set. */
class AzureNoticeTest {

  private static final Duration BETWEEN = Duration.ofSeconds(1);
  private static final String SOON = "Sun, 01 Mar 2026 12:00:30 GMT";

  private final FakeAzure azure = new FakeAzure();
  private final MetadataServer server = new MetadataServer(azure);
  private final Listening listening = new Listening();

  AzureNoticeTest() throws IOException {}

  @BeforeEach
  void open() {
    server.open();
  }

  @AfterEach
  void close() {
    listening.close();
    server.close();
  }

  private void watch() {
    listening.watch(azure, server).start(listening::hear);
  }

  @Test
  void thePreemptionOfThisMachineIsHeardOnceWithTheTimeThatIsLeft() throws Exception {
    watch();
    listening.waits.expect(BETWEEN);
    azure.evict();
    listening.waits.expect(BETWEEN);
    assertThat(listening.nextNotice())
        .isEqualTo(
            new Notice(
                "Azure",
                "event Preempt of this machine",
                Optional.of(Duration.ofSeconds(30)),
                true));
    azure.list(FakeAzure.event("602d9444", "Preempt", FakeAzure.NAME, ""));
    listening.waits.expect(BETWEEN);
    listening.waits.next();
    assertThat(listening.heardNothing()).as("the event has only started").isTrue();
  }

  @Test
  void theNameIsAskedForOnce() throws Exception {
    watch();
    listening.waits.expect(BETWEEN);
    listening.waits.next();
    assertThat(server.nextAsked()).startsWith("GET /metadata/instance/compute/name?");
    String events = "GET /metadata/scheduledevents?api-version=2020-07-01";
    assertThat(server.nextAsked()).isEqualTo(events);
    assertThat(server.nextAsked()).isEqualTo(events);
    assertThat(server.unseen()).isZero();
  }

  @Test
  void onlyTheFirstListMayTakeTwoMinutes() throws Exception {
    watch();
    ScriptedTimers.Alarm wait = listening.waits.next();
    assertThat(listening.limits.set())
        .containsExactly(Duration.ofSeconds(5), Duration.ofSeconds(130));
    wait.fire();
    listening.waits.next();
    assertThat(listening.limits.set()).last().isEqualTo(Duration.ofSeconds(5));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Freeze", "Reboot", "Redeploy", "preempt", ""})
  void whatDoesNotDeleteTheMachineIsNoEviction(String type) throws Exception {
    azure.list(FakeAzure.event("1", type, FakeAzure.NAME, SOON));
    watch();
    listening.waits.expect(BETWEEN);
    listening.waits.next();
    assertThat(listening.heardNothing()).isTrue();
  }

  @Test
  void theNeighboursEvictionIsNotOurs() throws Exception {
    azure.list(
        FakeAzure.event("1", "Preempt", "batch-gpu_33", SOON),
        FakeAzure.event("2", "Terminate", "BATCH-GPU_3", "Sun, 01 Mar 2026 12:05:00 GMT"));
    watch();
    assertThat(listening.nextNotice())
        .isEqualTo(
            new Notice(
                "Azure",
                "event Terminate of this machine",
                Optional.of(Duration.ofMinutes(5)),
                true));
    assertThat(listening.heardNothing()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "soon", "2026-03-01"})
  void withoutATimeThereIsNoDeadline(String notBefore) throws Exception {
    azure.list(FakeAzure.event("1", "Preempt", FakeAzure.NAME, notBefore));
    watch();
    assertThat(listening.nextNotice().deadline()).isEmpty();
  }

  @Test
  void nothingIsLeftOfATimeThatHasPassed() throws Exception {
    azure.list(FakeAzure.event("1", "Preempt", FakeAzure.NAME, "Sun, 01 Mar 2026 11:00:00 GMT"));
    watch();
    assertThat(listening.nextNotice().deadline()).contains(Duration.ZERO);
  }

  @Test
  void eventsOfAnUnknownShapeHideNoOther() throws Exception {
    azure.list(
        17,
        "Preempt",
        new JsonArray(),
        new JsonObject(),
        new JsonObject().put("EventType", "Preempt").put("Resources", FakeAzure.NAME),
        new JsonObject().put("EventType", new JsonArray().add("Preempt")),
        FakeAzure.event("1", "Preempt", FakeAzure.NAME, SOON));
    watch();
    assertThat(listening.nextNotice().deadline()).contains(Duration.ofSeconds(30));
    listening.waits.next();
    assertThat(listening.heardNothing()).isTrue();
  }

  @Test
  void aDocumentWithTheSameNumberIsNotReadAgain() throws Exception {
    watch();
    ScriptedTimers.Alarm wait = listening.waits.next();
    azure.listInSecret(FakeAzure.event("1", "Preempt", FakeAzure.NAME, SOON));
    wait.fire();
    wait = listening.waits.next();
    assertThat(listening.heardNothing()).isTrue();
    azure.list(FakeAzure.event("1", "Preempt", FakeAzure.NAME, SOON));
    wait.fire();
    listening.nextNotice();
  }

  @Test
  void withoutANameItAsksAgainLater() throws Exception {
    azure.rename(" ");
    watch();
    ScriptedTimers.Alarm wait = listening.waits.next();
    azure.rename(FakeAzure.NAME);
    azure.evict();
    wait.fire();
    listening.nextNotice();
  }
}
