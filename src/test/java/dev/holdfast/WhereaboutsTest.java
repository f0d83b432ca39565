package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.shutdown.MachineFacts;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.net.URI;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is set wins, and the cloud whose notices are followed is asked for the rest. */
class WhereaboutsTest {

  private static final String MACHINE = "/computeMetadata/v1/instance/machine-type";
  private static final String ZONE = "/computeMetadata/v1/instance/zone";

  private final Vertx vertx = Vertx.vertx();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private HttpServer gce;

  @BeforeEach
  void open() {
    gce =
        await(
            vertx
                .createHttpServer()
                .requestHandler(
                    request -> {
                      asked.add(request.path());
                      request.response().putHeader("Metadata-Flavor", "Google");
                      request
                          .response()
                          .end(
                              switch (request.path()) {
                                case ZONE -> "projects/1/zones/europe-west4-a";
                                case MACHINE -> "projects/1/machineTypes/g2-standard-8";
                                default -> "TRUE";
                              });
                    })
                .listen(0, "127.0.0.1"));
  }

  @AfterEach
  void close() {
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }

  private Job.Place place(Map<String, String> settings) throws ConfigException {
    URI base = URI.create("http://127.0.0.1:" + gce.actualPort());
    return await(
        Whereabouts.of(
            Config.read(settings, Config.Role.WORKER),
            new MachineFacts(vertx, InstantSource.system()),
            cloud -> base));
  }

  @Test
  void theCloudIsAskedForWhatIsNotSet() throws Exception {
    assertThat(place(Map.of("HOLDFAST_NODE", "n-1", "HOLDFAST_EVICTION_NOTICES", "http,gce")))
        .isEqualTo(new Job.Place("n-1", "europe-west4-a", true, "g2-standard-8"));
    assertThat(
            place(
                Map.of(
                    "HOLDFAST_NODE", "n-1",
                    "HOLDFAST_SPOT", "false",
                    "HOLDFAST_EVICTION_NOTICES", "gce")))
        .isEqualTo(new Job.Place("n-1", "europe-west4-a", false, "g2-standard-8"));
  }

  @Test
  void nobodyIsAskedWhereAllIsSetOrNoCloudIsNamed() throws Exception {
    assertThat(
            place(
                Map.of(
                    "HOLDFAST_NODE", "n-1",
                    "HOLDFAST_ZONE", "zone-b",
                    "HOLDFAST_MACHINE", "a3",
                    "HOLDFAST_SPOT", "true",
                    "HOLDFAST_EVICTION_NOTICES", "gce")))
        .isEqualTo(new Job.Place("n-1", "zone-b", true, "a3"));
    assertThat(place(Map.of("HOLDFAST_NODE", "n-1"))).isEqualTo(new Job.Place("n-1", null, null));
    assertThat(asked).isEmpty();
  }
}
