package dev.holdfast.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.emulator.FreePort;
import dev.holdfast.shutdown.EvictionNotices.Cloud;
import dev.holdfast.shutdown.MachineFacts.Facts;
import dev.holdfast.shutdown.MetadataServer.Fault;
import dev.holdfast.world.Waits;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Where a machine stands, asked of metadata servers that know, hide, hang or lie. */
class MachineFactsTest {

  private static final String LIFE = "/latest/meta-data/instance-life-cycle";
  private static final String ZONE = "/latest/meta-data/placement/availability-zone";

  private final Listening listening = new Listening();
  private final FakeGce gce = new FakeGce();
  private final FakeAws aws = new FakeAws();
  private final FakeAzure azure = new FakeAzure();

  @AfterEach
  void close() {
    listening.close();
  }

  private Future<Facts> ask(Cloud cloud, URI base) {
    return new MachineFacts(listening.clockwork()).ask(cloud, base);
  }

  private Facts asked(Cloud cloud, FakeCloud fake) throws Exception {
    try (MetadataServer server = new MetadataServer(fake)) {
      server.open();
      return Listening.await(ask(cloud, server.base()));
    }
  }

  private static Facts facts(@Nullable String zone, @Nullable Boolean spot) {
    return facts(zone, spot, null);
  }

  private static Facts facts(
      @Nullable String zone, @Nullable Boolean spot, @Nullable String machine) {
    return new Facts(
        Optional.ofNullable(zone), Optional.ofNullable(spot), Optional.ofNullable(machine));
  }

  @ParameterizedTest
  @CsvSource({"TRUE, true", "FALSE, false"})
  void computeEngineNamesTheZoneAndSpot(String value, boolean spot) throws Exception {
    gce.set("zone", "projects/123456/zones/europe-west4-a");
    gce.set("scheduling/preemptible", value);
    gce.set("machine-type", "projects/123456/machineTypes/g2-standard-8");
    assertThat(asked(Cloud.GCE, gce)).isEqualTo(facts("europe-west4-a", spot, "g2-standard-8"));
  }

  @Test
  void kubernetesEngineShowsPodsTheZoneAlone() throws Exception {
    gce.set("zone", "projects/123456/zones/europe-west4-a");
    assertThat(asked(Cloud.GCE, gce)).isEqualTo(facts("europe-west4-a", null));
  }

  @ParameterizedTest
  @CsvSource({"spot, true", "on-demand, false", "capacity-block, false", "something-new, "})
  void amazonNamesTheZoneAndTheLifeCycle(String life, @Nullable Boolean spot) throws Exception {
    aws.set(ZONE, "eu-central-1b");
    aws.set(LIFE, life);
    aws.set("/latest/meta-data/instance-type", "g5.xlarge");
    assertThat(asked(Cloud.AWS, aws)).isEqualTo(facts("eu-central-1b", spot, "g5.xlarge"));
  }

  @ParameterizedTest
  @CsvSource({
    "Spot, 2, true, westeurope-2",
    "Regular, '', false, westeurope",
    "'', 1, , westeurope-1"
  })
  void azureNamesTheZoneAndThePriority(
      String priority, String zone, @Nullable Boolean spot, String told) throws Exception {
    azure.describe(
        new JsonObject()
            .put("location", "westeurope")
            .put("zone", zone)
            .put("priority", priority)
            .put("vmSize", "Standard_NC4as_T4_v3"));
    assertThat(asked(Cloud.AZURE, azure)).isEqualTo(facts(told, spot, "Standard_NC4as_T4_v3"));
  }

  @ParameterizedTest
  @MethodSource("dev.holdfast.shutdown.FakeCloud#faults")
  void whateverIsWrongNothingIsKnownAndNothingFails(Cloud cloud, Fault fault) throws Exception {
    try (MetadataServer server = new MetadataServer(FakeCloud.of(cloud))) {
      server.open();
      server.fail(fault);
      Future<Facts> asked = ask(cloud, server.base());
      if (fault == Fault.SILENCE || fault == Fault.UNENDED) {
        server.nextAsked();
        timeIsUp(asked);
      }
      assertThat(Listening.await(asked)).isEqualTo(Facts.NONE);
    }
  }

  /** Of each question, and of all together; they are of the same length. */
  private void timeIsUp(Future<Facts> asked) {
    Waits.until(
        () -> {
          listening.limits.fireAll();
          return asked.isComplete();
        });
    assertThat(listening.limits.set()).contains(MachineFacts.LIMIT);
  }

  @Test
  void whereNobodyListensNothingIsKnown() throws Exception {
    URI nobody = URI.create("http://127.0.0.1:" + FreePort.find());
    assertThat(Listening.await(ask(Cloud.GCE, nobody))).isEqualTo(Facts.NONE);
  }

  @Test
  void whatIsNoZoneIsNotTaken() throws Exception {
    gce.set("zone", "projects/1/zones/<script>");
    gce.set("machine-type", "projects/1/machineTypes/<script>");
    aws.set(ZONE, "a".repeat(65));
    azure.describe(new JsonObject().put("location", "west europe").put("priority", 7));
    assertThat(asked(Cloud.GCE, gce)).isEqualTo(Facts.NONE);
    assertThat(asked(Cloud.AWS, aws)).isEqualTo(Facts.NONE);
    assertThat(asked(Cloud.AZURE, azure)).isEqualTo(Facts.NONE);
  }
}
