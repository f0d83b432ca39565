package dev.holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ManagementVerticleTest {

  private final Vertx vertx = Vertx.vertx();
  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private volatile Supplier<Readiness> readiness = () -> Readiness.READY;
  private volatile @Nullable String ailment;
  private volatile String evicted = "";
  private final ManagementVerticle management =
      new ManagementVerticle(
          "127.0.0.1", 0, meters, () -> ailment, () -> readiness.get(), Optional.of(this::evict));

  private void evict(HttpServerRequest request) {
    evicted = request.method() + " " + request.query();
    request.response().setStatusCode(202).end();
  }

  @BeforeEach
  void start() throws Exception {
    await(vertx.deployVerticle(management));
  }

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private HttpResponse<String> ask(String method, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + management.port() + path);
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(uri).method(method, BodyPublishers.noBody()).build(),
            BodyHandlers.ofString());
  }

  @Test
  void aRequestToLeaveGoesToWhoeverTakesIt() throws Exception {
    assertThat(ask("POST", "/evict?deadline=15s").statusCode()).isEqualTo(202);
    assertThat(evicted).isEqualTo("POST deadline=15s");
  }

  @Test
  void aliveIsWhoAnswers() throws Exception {
    readiness = () -> Readiness.notReady("draining");
    assertThat(ask("GET", "/livez").statusCode()).isEqualTo(200);
  }

  @Test
  void whoIsStuckIsNotAliveAndSaysWhy() throws Exception {
    ailment = "the thread t has ended";
    HttpResponse<String> answer = ask("GET", "/livez");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(new JsonObject(answer.body()).getString("reason"))
        .isEqualTo("the thread t has ended");
    assertThat(ask("GET", "/readyz").statusCode()).isEqualTo(200);
  }

  @Test
  void readyIsWhoHasNoReasonNotToBe() throws Exception {
    assertThat(ask("GET", "/readyz").statusCode()).isEqualTo(200);
    readiness = () -> new Readiness(List.of("draining", "no model"));
    HttpResponse<String> answer = ask("GET", "/readyz");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(new JsonObject(answer.body()).getJsonArray("reasons"))
        .containsExactly("draining", "no model");
    readiness =
        () -> {
          throw new IllegalStateException("planted");
        };
    assertThat(ask("GET", "/readyz").statusCode()).isEqualTo(503);
  }

  @Test
  void theMetricsAreThereForPrometheus() throws Exception {
    meters.counter("holdfast.test.things").increment(3);
    HttpResponse<String> answer = ask("GET", "/metrics");
    assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain");
    assertThat(answer.body()).contains("holdfast_test_things_total 3.0");
  }

  @Test
  void nothingElseIsThere() throws Exception {
    assertThat(ask("GET", "/").statusCode()).isEqualTo(404);
    HttpResponse<String> answer = ask("POST", "/livez");
    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(answer.headers().firstValue("Allow")).contains("GET, HEAD");
    assertThat(ask("HEAD", "/livez").statusCode()).isEqualTo(200);
  }
}
