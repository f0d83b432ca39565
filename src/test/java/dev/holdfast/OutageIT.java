package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.JobView;
import dev.holdfast.emulator.Emulators;
import dev.holdfast.emulator.StorageEndpoint;
import dev.holdfast.gcp.GcpOptions;
import dev.holdfast.gcp.GcpSetup;
import dev.holdfast.world.OnEmulators;
import dev.holdfast.world.TcpGate;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each of the three services gone for 20 seconds while jobs come in. */
@OnEmulators
@Timeout(900)
class OutageIT {

  private static final int OUTAGE_S = 20;
  private static final int BETWEEN_S = 10;
  private static final int SUBMIT_EVERY_MILLIS = 100;

  /** No answer takes longer than this, whatever is down. */
  private static final Duration ANSWER_MAX = Duration.ofSeconds(15);

  @TempDir Path directory;
  private final CountDownLatch never = new CountDownLatch(1);
  private final Set<String> accepted = ConcurrentHashMap.newKeySet();
  private final AtomicInteger refused = new AtomicInteger();
  private final AtomicBoolean done = new AtomicBoolean();
  private final ExecutorService thread = Executors.newSingleThreadExecutor();

  @Test
  void nothingThatWasAcceptedIsLostWhenEachServiceVanishesForAWhile() throws Exception {
    Vertx vertx = Vertx.vertx();
    try (Emulators emulators = Emulators.start(System.getenv(), directory).orElseThrow();
        TcpGate pubSub = new TcpGate(emulators.pubSub().host());
        TcpGate firestore = new TcpGate(emulators.firestore().host())) {
      StorageEndpoint endpoint =
          await(StorageEndpoint.start(vertx, 0, directory.resolve("storage")));
      URI url = URI.create(endpoint.url());
      try (TcpGate storage = new TcpGate(url.getHost() + ":" + url.getPort())) {
        Map<String, String> hosts = new HashMap<>();
        hosts.put(Emulators.PUBSUB_VARIABLE, pubSub.host());
        hosts.put(Emulators.FIRESTORE_VARIABLE, firestore.host());
        hosts.put(Emulators.STORAGE_VARIABLE, "http://" + storage.host());
        GcpOptions place = place().withEmulators(hosts);
        init(place);
        Map<String, String> settings = Map.of("HOLDFAST_LEASE", "10s");
        try (Fleet fleet = new Fleet(place, settings, 1, 2)) {
          Future<Void> load = thread.submit(() -> submitUntilDone(fleet.address(0)));

          pubSub.shut();
          emulators.pubSub().close();
          pass(OUTAGE_S);
          emulators.pubSub().start();
          pubSub.open();
          init(place);
          pass(BETWEEN_S);

          firestore.shut();
          emulators.firestore().save(place.project());
          emulators.firestore().close();
          pass(OUTAGE_S);
          int refusedMeanwhile = refused.get();
          emulators.firestore().start();
          firestore.open();
          pass(BETWEEN_S);
          assertThat(refusedMeanwhile).as("refusals while there are no records").isPositive();

          storage.shut();
          pass(OUTAGE_S);
          storage.open();
          pass(BETWEEN_S);

          done.set(true);
          load.get(1, TimeUnit.MINUTES);
          verify(fleet);
        }
      }
    } finally {
      done.set(true);
      thread.shutdownNow();
      await(vertx.close());
    }
  }

  private static GcpOptions place() {
    return new GcpOptions(
        "test-outage",
        Optional.empty(),
        GcpOptions.DEFAULT_DATABASE,
        "bucket-outage",
        Set.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static void init(GcpOptions place) throws Exception {
    try (GcpSetup setup = GcpSetup.open(place)) {
      assertThat(setup.init()).noneMatch(f -> f.level() == GcpSetup.Level.PROBLEM);
    }
  }

  private void verify(Fleet fleet) throws Exception {
    assertThat(accepted).hasSizeGreaterThan(100);
    HoldfastClient client = fleet.client(0);
    for (String id : accepted) {
      JobView job = client.job(id);
      JobView end = Fleet.ended(client, job);
      assertThat(end.state()).as(end.json().toString()).isEqualTo("complete");
      assertThat(Fleet.rows(client, id, 1, directory.resolve("rows.jsonl")))
          .isEqualTo(new RowCheck.Counts(0, 0));
    }
    System.out.printf("%d jobs accepted, %d refused with 503%n", accepted.size(), refused.get());
  }

  private @Nullable Void submitUntilDone(String address) throws Exception {
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    String body = Fleet.body(1).toString();
    while (!done.get() && !never.await(SUBMIT_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(URI.create(address + "/v1/jobs"))
                  .timeout(ANSWER_MAX)
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString(body))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() == 202) {
        accepted.add(new JsonObject(answer.body()).getString("id"));
      } else {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).isPresent();
        refused.incrementAndGet();
      }
    }
    return null;
  }

  private void pass(int seconds) throws InterruptedException {
    assertThat(never.await(seconds, TimeUnit.SECONDS)).isFalse();
  }

  private static <T> T await(io.vertx.core.Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }
}
