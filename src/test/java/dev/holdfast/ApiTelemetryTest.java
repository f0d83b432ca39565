package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.WorkerStops;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.JobView;
import dev.holdfast.contract.Futures;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the API tells of itself, as it is put together for users. */
@Timeout(120)
class ApiTelemetryTest {

  @Test
  void aJobThatTheApiEndsIsCountedAndItsEventsAreInItsTrace(@TempDir Path directory)
      throws Exception {
    BlockingQueue<String> sent = new LinkedBlockingQueue<>();
    Vertx vertx = Vertx.vertx();
    try {
      int collector =
          Futures.await(
                  vertx
                      .createHttpServer()
                      .requestHandler(
                          request ->
                              request
                                  .body()
                                  .onSuccess(body -> sent.add(body.toString("ISO-8859-1")))
                                  .onComplete(read -> request.response().end()))
                      .listen(0, "127.0.0.1"))
              .actualPort();
      String metrics = metricsOfOneCancelled(directory, collector);
      assertThat(metrics)
          .contains("holdfast_jobs_ended_total{interrupted=\"false\",outcome=\"cancelled\"} 1.0")
          .contains("holdfast_jobs_ended_total{interrupted=\"true\",outcome=\"failed\"} 0.0");
      StringBuilder spans = new StringBuilder();
      for (String batch; (batch = sent.poll(1, TimeUnit.SECONDS)) != null; ) {
        spans.append(batch);
      }
      assertThat(spans)
          .contains("POST /v1/jobs", "POST /v1/jobs/{job_id}/cancel", "record", "event");
    } finally {
      Futures.await(vertx.close());
    }
  }

  private static String metricsOfOneCancelled(Path directory, int collector) throws Exception {
    Map<String, String> settings =
        Map.of(
            "HOLDFAST_DATA",
            directory.resolve("data").toString(),
            "HOLDFAST_MODELS",
            Path.of("holdfast.yaml").toAbsolutePath().toString(),
            "HOLDFAST_PORT",
            "0",
            "HOLDFAST_MANAGEMENT_PORT",
            "0",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http://127.0.0.1:" + collector);
    Config config = Config.read(settings, Config.Role.API);
    try (SystemClock clock = new SystemClock();
        ApiRole api = ApiRole.start(config, clock, () -> null, WorkerStops.NONE)) {
      HoldfastClient client = new HoldfastClient("http://127.0.0.1:" + api.port());
      ObjectNode body =
          JsonMapper.builder().build().createObjectNode().put("model", "all-MiniLM-L6-v2");
      body.putObject("input").putArray("items").add("a");
      JobView job = client.submit(body, "one");
      client.cancel(job.id());
      return HttpClient.newHttpClient()
          .send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + api.managementPort() + "/metrics"))
                  .build(),
              BodyHandlers.ofString())
          .body();
    }
  }
}
