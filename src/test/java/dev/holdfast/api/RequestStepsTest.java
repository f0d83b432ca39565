package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.telemetry.OpenTelemetryTraces;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every request is a step of a trace, the client's if it sent one. */
@Timeout(60)
class RequestStepsTest {

  private static final String TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
  private static final String TRACE = "00-" + TRACE_ID + "-b7ad6b7169203331-01";
  private static final String SMALL = "{\"model\":\"mini\",\"input\":{\"items\":[\"a\"]}}";

  @TempDir Path directory;
  private final Ended ended = new Ended();
  private ApiFixture api;

  /** A request's step ends as its answer leaves, so a client may have that first. */
  private static final class Ended implements SpanExporter {
    private final BlockingQueue<SpanData> spans = new LinkedBlockingQueue<>();

    @Override
    public CompletableResultCode export(Collection<SpanData> batch) {
      spans.addAll(batch);
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

    SpanData next() throws InterruptedException {
      return Objects.requireNonNull(spans.poll(30, TimeUnit.SECONDS), "no step has ended");
    }
  }

  @BeforeEach
  void open() throws Exception {
    SdkTracerProvider provider =
        SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(ended)).build();
    OpenTelemetrySdk sdk = OpenTelemetrySdk.builder().setTracerProvider(provider).build();
    api =
        new ApiFixture(
            directory,
            ApiOptions.Limits.USUAL,
            services ->
                ApiFixture.tracing(services, new OpenTelemetryTraces(sdk, services.clock())));
  }

  @AfterEach
  void close() throws Exception {
    api.close();
    assertThat(ended.spans).as("each step ends once").isEmpty();
  }

  private static long status(SpanData span) {
    Long status = span.getAttributes().get(AttributeKey.longKey("http.response.status_code"));
    return status == null ? 0 : status;
  }

  private static String text(SpanData span, String key) {
    return String.valueOf(span.getAttributes().get(AttributeKey.stringKey(key)));
  }

  @Test
  void aSubmissionIsAStepOfTheClientsTraceAndTheJobFollowsFromIt() throws Exception {
    Answer answer = api.submit(SMALL, "traceparent", TRACE).is(202);
    JobId id = new JobId(answer.json().getString("id"));
    Job job = ApiFixture.await(api.embedded.store().get(id)).orElseThrow();

    SpanData request = ended.next();
    assertThat(request.getName()).isEqualTo("POST /v1/jobs");
    assertThat(status(request)).isEqualTo(202);
    assertThat(text(request, "holdfast.job")).isEqualTo(id.value());
    assertThat(request.getParentSpanId()).isEqualTo("b7ad6b7169203331");
    assertThat(request.getTraceId()).isEqualTo(TRACE_ID);
    assertThat(job.spec().traceparent())
        .isEqualTo("00-%s-%s-01".formatted(TRACE_ID, request.getSpanId()));
  }

  @Test
  void whatIsAskedOfAJobNamesIt() throws Exception {
    String id = api.submit(SMALL).is(202).json().getString("id");
    ended.next();
    api.get("/v1/jobs/" + id, "traceparent", TRACE).is(200);
    SpanData read = ended.next();
    assertThat(read.getName()).isEqualTo("GET /v1/jobs/{job_id}");
    assertThat(text(read, "http.route")).isEqualTo("/v1/jobs/{job_id}");
    assertThat(text(read, "holdfast.job")).isEqualTo(id);
    assertThat(read.getTraceId()).isEqualTo(TRACE_ID);

    api.get("/v1/jobs", "traceparent", "zz").is(200);
    assertThat(ended.next().getParentSpanContext().isValid()).as("zz is no trace").isFalse();
  }

  @Test
  void aRefusalIsTheClientsFaultAndNotOurs() throws Exception {
    api.submit("{\"model\":\"none\",\"input\":{\"items\":[\"a\"]}}").is(422);
    SpanData refused = ended.next();
    assertThat(status(refused)).isEqualTo(422);
    assertThat(refused.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);

    api.embedded.close();
    Answer answer = api.get("/v1/jobs/" + JobId.random());
    SpanData failed = ended.next();
    assertThat(status(failed)).isEqualTo(answer.status()).isGreaterThanOrEqualTo(500);
    assertThat(failed.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
  }

  @Test
  void aStreamIsAStepAsWell() throws Exception {
    String id = api.submit(SMALL).is(202).json().getString("id");
    ended.next();
    api.post("/v1/jobs/" + id + "/cancel", "").is(200);
    assertThat(ended.next().getName()).isEqualTo("POST /v1/jobs/{job_id}/cancel");
    api.get("/v1/jobs/" + id + "/events", "Accept", "text/event-stream").is(200);
    assertThat(ended.next().getName()).isEqualTo("GET /v1/jobs/{job_id}/events");
  }
}
