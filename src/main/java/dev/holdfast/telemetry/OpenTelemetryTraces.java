package dev.holdfast.telemetry;

import dev.holdfast.job.Traces;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Steps as OpenTelemetry's spans. Its own environment variables say where they go and how many
 * (opentelemetry.io/docs/languages/java/configuration); without an endpoint nothing is begun.
 */
public final class OpenTelemetryTraces implements Traces, AutoCloseable {

  private static final String TRACEPARENT = "traceparent";

  /** Any of these switches traces on. */
  private static final List<String> ENDPOINTS =
      List.of("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");

  /** What is not sent by then is lost: the process has better things to do at its end. */
  private static final Duration FLUSH_MAX = Duration.ofSeconds(1);

  private static final TextMapGetter<String> ONE_HEADER =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(String traceparent) {
          return List.of(TRACEPARENT);
        }

        @Override
        public @Nullable String get(@Nullable String traceparent, String key) {
          return key.equals(TRACEPARENT) ? traceparent : null;
        }
      };

  private final OpenTelemetrySdk sdk;
  private final Tracer tracer;
  private final InstantSource clock;

  /**
   * Tells it to an SDK that somebody else has set up.
   *
   * @param sdk is closed with this
   */
  public OpenTelemetryTraces(OpenTelemetrySdk sdk, InstantSource clock) {
    this.sdk = sdk;
    this.tracer = sdk.getTracer("dev.holdfast");
    this.clock = clock;
  }

  /**
   * Opens it as the environment says.
   *
   * @param service the process's name among others, unless the environment has another
   * @return empty if the environment names no endpoint
   * @throws IllegalArgumentException with the reason, if what the environment says makes no sense
   */
  public static Optional<OpenTelemetryTraces> open(
      String service, Map<String, String> environment, InstantSource clock) {
    OpenTelemetryLog.adopt();
    if (ENDPOINTS.stream().allMatch(name -> environment.getOrDefault(name, "").isBlank())) {
      return Optional.empty();
    }
    Map<String, String> standard =
        Map.of(
            "otel.service.name",
            service,
            "otel.exporter.otlp.protocol",
            "http/protobuf",
            "otel.metrics.exporter",
            "none",
            "otel.logs.exporter",
            "none",
            // it asks a metadata server, and waits for one where there is none
            "otel.java.disabled.resource.providers",
            "io.opentelemetry.contrib.gcp.resource.GCPResourceProvider");
    try {
      OpenTelemetrySdk sdk =
          AutoConfiguredOpenTelemetrySdk.builder()
              .disableShutdownHook()
              .addPropertiesSupplier(() -> standard)
              .addPropertiesCustomizer(read -> properties(environment))
              .build()
              .getOpenTelemetrySdk();
      return Optional.of(new OpenTelemetryTraces(sdk, clock));
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          "traces cannot be sent as the OTEL_ variables say: " + e.getMessage(), e);
    }
  }

  /** The variables under the names that they have as properties. */
  private static Map<String, String> properties(Map<String, String> environment) {
    Map<String, String> properties = new HashMap<>();
    environment.forEach(
        (name, value) -> {
          if (name.startsWith("OTEL_")) {
            properties.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), value);
          }
        });
    return properties;
  }

  @Override
  public Step begin(Kind kind, String name, @Nullable String parent, long agoNanos) {
    Context above =
        parent == null
            ? Context.root()
            : W3CTraceContextPropagator.getInstance().extract(Context.root(), parent, ONE_HEADER);
    Instant from = clock.instant().minusNanos(agoNanos);
    Span span =
        tracer
            .spanBuilder(name)
            .setParent(above)
            .setSpanKind(
                switch (kind) {
                  case SERVER -> SpanKind.SERVER;
                  case CONSUMER -> SpanKind.CONSUMER;
                  case INTERNAL -> SpanKind.INTERNAL;
                })
            .setStartTimestamp(from)
            .startSpan();
    return new SpanStep(span, clock);
  }

  private record SpanStep(Span span, InstantSource clock) implements Step {

    @Override
    public @Nullable String traceparent() {
      Map<String, String> headers = new HashMap<>();
      W3CTraceContextPropagator.getInstance()
          .inject(Context.root().with(span), headers, (into, key, value) -> put(into, key, value));
      return headers.get(TRACEPARENT);
    }

    private static void put(@Nullable Map<String, String> into, String key, String value) {
      if (into != null) {
        into.put(key, value);
      }
    }

    @Override
    public Step with(String key, String value) {
      span.setAttribute(AttributeKey.stringKey(key), value);
      return this;
    }

    @Override
    public Step with(String key, long value) {
      span.setAttribute(key, value);
      return this;
    }

    @Override
    public Step failed(Throwable why) {
      span.setStatus(StatusCode.ERROR, String.valueOf(why.getMessage()));
      return this;
    }

    @Override
    public void end() {
      span.end(clock.instant());
    }
  }

  /** Sends what is waiting, for no longer than {@link #FLUSH_MAX}. Blocks. */
  @Override
  public void close() {
    sdk.shutdown().join(FLUSH_MAX.toMillis(), TimeUnit.MILLISECONDS);
  }
}
