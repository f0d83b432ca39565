package dev.holdfast.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.holdfast.SystemClock;
import dev.holdfast.job.Traces;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Traces as the environment switches them on, sent over real HTTP. */
@Timeout(60)
class OpenTelemetryTracesTest {

  private final Vertx vertx = Vertx.vertx();
  private final SystemClock clock = new SystemClock();
  private final BlockingQueue<String> received = new LinkedBlockingQueue<>();

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    clock.close();
  }

  private int collector() throws Exception {
    HttpServer server =
        vertx
            .createHttpServer()
            .requestHandler(
                request ->
                    request
                        .body()
                        .onSuccess(
                            body -> {
                              received.add(
                                  "%s %s %s"
                                      .formatted(
                                          request.path(),
                                          request.getHeader("Content-Type"),
                                          body.toString("ISO-8859-1")));
                              request.response().end();
                            }));
    return server
        .listen(0, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS)
        .actualPort();
  }

  @Test
  void withoutAnEndpointThereAreNone() {
    assertThat(OpenTelemetryTraces.open("s", Map.of(), clock)).isEmpty();
    assertThat(OpenTelemetryTraces.open("s", Map.of("OTEL_SERVICE_NAME", "x"), clock)).isEmpty();
  }

  @Test
  void whatHasEndedIsSentBeforeTheProcessGoes() throws Exception {
    Map<String, String> environment =
        Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + collector());
    OpenTelemetryTraces traces =
        OpenTelemetryTraces.open("holdfast-test", environment, clock).orElseThrow();
    traces.begin(Traces.Kind.SERVER, "a step", null).with("holdfast.job", "job_1").end();
    traces.close();

    String request = received.poll(30, TimeUnit.SECONDS);
    assertThat(request)
        .startsWith("/v1/traces application/x-protobuf")
        .contains("holdfast-test")
        .contains("a step")
        .contains("job_1");
  }

  @Test
  void aCollectorThatIsNotThereHoldsNobodyUp() {
    Map<String, String> environment =
        Map.of(
            "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", "OTEL_BSP_SCHEDULE_DELAY", "10");
    OpenTelemetryTraces traces = OpenTelemetryTraces.open("s", environment, clock).orElseThrow();
    for (int i = 0; i < 10_000; i++) {
      traces.begin(Traces.Kind.INTERNAL, "step", null).end();
    }
    long from = System.nanoTime();
    traces.close();
    assertThat(System.nanoTime() - from).isLessThan(TimeUnit.SECONDS.toNanos(10));
  }

  @Test
  void whatItHasToSayGoesIntoOurLog() {
    OpenTelemetryLog.adopt();
    OpenTelemetryLog.adopt();
    Logger ours = (Logger) LoggerFactory.getLogger("io.opentelemetry");
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    ours.addAppender(lines);
    try {
      java.util.logging.Logger theirs = java.util.logging.Logger.getLogger("io.opentelemetry.x");
      theirs.log(Level.SEVERE, "no collector at {0}", "here");
      theirs.info("found on the class path");
    } finally {
      ours.detachAppender(lines);
    }
    assertThat(lines.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly("no collector at here");
  }

  @Test
  void aSettingThatMakesNoSenseIsNamed() {
    Map<String, String> environment = Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "nowhere at all");
    assertThatThrownBy(() -> OpenTelemetryTraces.open("s", environment, clock))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("OTEL_");
  }
}
