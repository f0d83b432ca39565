package dev.holdfast.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.SystemClock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PfxOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The annotation by which a scale-in chooses, against an API server over real HTTPS. */
@Timeout(60)
class PodDeletionCostTest {

  private static final String PASSWORD = "changeit";

  private record Patch(String what, String type, String bearer, JsonObject body) {
    String cost() {
      return body.getJsonObject("metadata")
          .getJsonObject("annotations")
          .getString("controller.kubernetes.io/pod-deletion-cost");
    }
  }

  @TempDir Path directory;
  private final Vertx vertx = Vertx.vertx();
  private final SystemClock clock = new SystemClock();
  private final ScriptedTimers waits = new ScriptedTimers();
  private final BlockingQueue<Patch> patches = new LinkedBlockingQueue<>();
  private volatile int status = 200;
  private volatile long cost;
  private int port;

  @BeforeEach
  void listen() throws Exception {
    Path store = directory.resolve("server.p12");
    keytool(
        "-genkeypair",
        "-keyalg",
        "EC",
        "-groupname",
        "secp256r1",
        "-dname",
        "CN=kubernetes",
        "-ext",
        "san=ip:127.0.0.1",
        "-keystore",
        store.toString());
    keytool(
        "-exportcert",
        "-rfc",
        "-file",
        directory.resolve("ca.crt").toString(),
        "-keystore",
        store.toString());
    Files.writeString(directory.resolve("token"), "first\n");
    Files.writeString(directory.resolve("namespace"), "holdfast\n");
    port =
        await(
                vertx
                    .createHttpServer(
                        new HttpServerOptions()
                            .setSsl(true)
                            .setKeyCertOptions(
                                new PfxOptions().setPath(store.toString()).setPassword(PASSWORD)))
                    .requestHandler(this::answer)
                    .listen(0, "127.0.0.1"))
            .actualPort();
  }

  private void keytool(String... arguments) throws Exception {
    ProcessBuilder keytool =
        new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    keytool.command().addAll(List.of(arguments));
    keytool
        .command()
        .addAll(List.of("-alias", "server", "-storetype", "PKCS12", "-storepass", PASSWORD));
    Process made =
        keytool
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("keytool.txt").toFile())
            .start();
    assertThat(made.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(made.exitValue()).isZero();
  }

  private void answer(HttpServerRequest request) {
    request
        .body()
        .onSuccess(
            body -> {
              patches.add(
                  new Patch(
                      request.method() + " " + request.path(),
                      request.getHeader("Content-Type"),
                      request.getHeader("Authorization"),
                      body.toJsonObject()));
              request.response().setStatusCode(status).end("{\"kind\":\"Pod\"}");
            });
  }

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    clock.close();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private PodDeletionCost start() {
    Map<String, String> environment =
        Map.of(
            "KUBERNETES_SERVICE_HOST",
            "127.0.0.1",
            "KUBERNETES_SERVICE_PORT",
            Integer.toString(port),
            "HOSTNAME",
            "worker-7f");
    PodDeletionCost kept =
        new PodDeletionCost(
            new Clockwork(vertx, clock, waits, waits, () -> 0),
            Pod.of(environment, directory).orElseThrow(),
            () -> cost);
    kept.start();
    return kept;
  }

  private Patch patch() throws InterruptedException {
    Patch patch = patches.poll(30, TimeUnit.SECONDS);
    assertThat(patch).as("a patch").isNotNull();
    return patch;
  }

  @Test
  void theCostIsPatchedIntoThePodItself() throws Exception {
    cost = 17;
    start();
    Patch patch = patch();
    assertThat(patch.what()).isEqualTo("PATCH /api/v1/namespaces/holdfast/pods/worker-7f");
    assertThat(patch.type()).isEqualTo("application/merge-patch+json");
    assertThat(patch.bearer()).isEqualTo("Bearer first");
    assertThat(patch.cost()).isEqualTo("17");
  }

  @Test
  void onlyWhatIsALotMoreOrLessIsWrittenAndTheTokenIsReadAnew() throws Exception {
    cost = 100;
    start();
    assertThat(patch().cost()).isEqualTo("100");
    cost = 150;
    waits.expect(PodDeletionCost.INTERVAL);
    ScriptedTimers.Alarm next = waits.next();
    assertThat(patches).isEmpty();

    Files.writeString(directory.resolve("token"), "second");
    cost = 200;
    next.fire();
    Patch more = patch();
    assertThat(more.cost()).isEqualTo("200");
    assertThat(more.bearer()).isEqualTo("Bearer second");

    cost = 0;
    waits.expect(PodDeletionCost.INTERVAL);
    assertThat(patch().cost()).as("idle").isEqualTo("0");
  }

  @Test
  void aServerThatRefusesIsAskedLessAndLessOften() throws Exception {
    status = 403;
    cost = 1;
    start();
    patch();
    waits.expect(Duration.ofSeconds(30));
    patch();
    waits.expect(Duration.ofMinutes(1));
    patch();
    ScriptedTimers.Alarm next = waits.next();
    assertThat(next.delay()).isEqualTo(Duration.ofMinutes(2));
    status = 200;
    next.fire();
    assertThat(patch().cost()).isEqualTo("1");
    assertThat(waits.next().delay()).isEqualTo(PodDeletionCost.INTERVAL);
  }

  @Test
  void aServerThatIsNotThereIsNoTrouble() throws Exception {
    port = 1;
    cost = 1;
    PodDeletionCost kept = start();
    waits.expect(Duration.ofSeconds(30));
    waits.expect(Duration.ofMinutes(1));
    kept.close();
  }

  @Test
  void anotherAuthoritysServerIsNotTold() throws Exception {
    keytool(
        "-genkeypair",
        "-keyalg",
        "EC",
        "-groupname",
        "secp256r1",
        "-dname",
        "CN=stranger",
        "-keystore",
        directory.resolve("stranger.p12").toString());
    keytool(
        "-exportcert",
        "-rfc",
        "-file",
        directory.resolve("ca.crt").toString(),
        "-keystore",
        directory.resolve("stranger.p12").toString());
    cost = 1;
    start();
    waits.expect(Duration.ofSeconds(30));
    assertThat(patches).isEmpty();
  }

  @Test
  void outsideOfAPodThereIsNothingToKeepUp() throws Exception {
    assertThat(Pod.of(Map.of("HOSTNAME", "laptop"), directory)).isEmpty();
    Files.delete(directory.resolve("token"));
    assertThat(
            Pod.of(
                Map.of(
                    "KUBERNETES_SERVICE_HOST",
                    "10.0.0.1",
                    "KUBERNETES_SERVICE_PORT",
                    "443",
                    "HOSTNAME",
                    "worker-7f"),
                directory))
        .as("a pod without a token")
        .isEmpty();
  }

  @Test
  void whatIsALot() {
    assertThat(PodDeletionCost.isNews(-1, 0)).as("never told").isTrue();
    assertThat(PodDeletionCost.isNews(0, 0)).isFalse();
    assertThat(PodDeletionCost.isNews(0, 1)).isTrue();
    assertThat(PodDeletionCost.isNews(1, 0)).isTrue();
    assertThat(PodDeletionCost.isNews(100, 199)).isFalse();
    assertThat(PodDeletionCost.isNews(100, 200)).isTrue();
    assertThat(PodDeletionCost.isNews(100, 51)).isFalse();
    assertThat(PodDeletionCost.isNews(100, 50)).isTrue();
  }
}
