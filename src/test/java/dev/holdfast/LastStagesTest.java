package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Traces;
import dev.holdfast.shutdown.ShutdownVerticle;
import dev.holdfast.telemetry.OpenTelemetryTraces;
import dev.holdfast.world.Waits;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LastStagesTest {

  /** Keeps the name of a span that it was given. */
  private static final class Collector implements SpanExporter {

    private final CompletableFuture<String> sent = new CompletableFuture<>();

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      spans.forEach(span -> sent.complete(span.getName()));
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }

  @Test
  void storesThatHangCostNoTrace() throws Exception {
    Collector collector = new Collector();
    OpenTelemetryTraces traces =
        new OpenTelemetryTraces(
            OpenTelemetrySdk.builder()
                .setTracerProvider(
                    SdkTracerProvider.builder()
                        .addSpanProcessor(
                            BatchSpanProcessor.builder(collector)
                                .setScheduleDelay(Duration.ofHours(1))
                                .build())
                        .build())
                .build(),
            () -> Instant.EPOCH);
    traces.begin(Traces.Kind.INTERNAL, "the last step", null).end();
    CompletableFuture<Integer> exit = new CompletableFuture<>();
    CountDownLatch hanging = new CountDownLatch(1);
    WayOut wayOut = new WayOut(Duration.ofSeconds(2), exit::complete);
    wayOut.open(LastStages.of(Optional.of(traces), () -> Waits.until(hanging)));

    wayOut.begin("SIGTERM");

    assertThat(exit.get(10, TimeUnit.SECONDS)).isEqualTo(ShutdownVerticle.CUT_OFF);
    assertThat(collector.sent).isCompletedWithValue("the last step");
    hanging.countDown();
  }
}
