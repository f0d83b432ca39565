package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.await;
import static dev.holdfast.worker.WorkerWorld.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Claim;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.Reconciler;
import dev.holdfast.job.RowEncoding;
import dev.holdfast.job.Traces;
import dev.holdfast.telemetry.OpenTelemetryTraces;
import dev.holdfast.world.ScriptedEngine;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a job went through is one trace, however many workers and messages it took. */
@Timeout(60)
class OneTraceTest {

  @AutoClose private final WorkerWorld world;
  private final InMemorySpanExporter spans = InMemorySpanExporter.create();
  @AutoClose private final OpenTelemetryTraces traces;

  OneTraceTest(@TempDir Path directory) throws IOException {
    world = new WorkerWorld(directory);
    SdkTracerProvider provider =
        SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(spans)).build();
    traces =
        new OpenTelemetryTraces(
            OpenTelemetrySdk.builder().setTracerProvider(provider).build(), world.clock);
    world.traces = traces;
  }

  private JobSpec spec(@Nullable String traceparent, String... texts) {
    StringBuilder lines = new StringBuilder();
    for (String text : texts) {
      lines.append('"').append(text).append("\"\n");
    }
    return new JobSpec(
        "scripted",
        new JobSpec.Inline(lines.toString(), texts.length),
        Map.of(),
        3,
        null,
        null,
        traceparent,
        null,
        RowEncoding.JSON);
  }

  /** What the api does about a request. */
  private String asked() {
    Traces.Step request = traces.begin(Traces.Kind.SERVER, "POST /v1/jobs", null);
    request.end();
    String traceparent = Objects.requireNonNull(request.traceparent());
    assertThat(traceparent).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01");
    return traceparent;
  }

  private List<SpanData> named(String name) {
    return spans.getFinishedSpanItems().stream().filter(s -> s.getName().equals(name)).toList();
  }

  private void assertOneTrace() {
    SpanData request = named("POST /v1/jobs").get(0);
    assertThat(spans.getFinishedSpanItems())
        .allSatisfy(span -> assertThat(span.getTraceId()).isEqualTo(request.getTraceId()));
    assertThat(named("work on job"))
        .allSatisfy(
            attempt -> assertThat(attempt.getParentSpanId()).isEqualTo(request.getSpanId()));
    List<String> attempts = named("work on job").stream().map(SpanData::getSpanId).toList();
    for (String step : List.of("claim", "infer", "part", "record")) {
      assertThat(named(step))
          .as(step)
          .isNotEmpty()
          .allSatisfy(span -> assertThat(attempts).contains(span.getParentSpanId()));
    }
    assertThat(named("event").stream().map(SpanData::getParentSpanId))
        .as("each attempt tells of its beginning and its end")
        .contains(attempts.toArray(String[]::new))
        .allMatch(parent -> attempts.contains(parent) || parent.equals(request.getSpanId()))
        .hasSizeGreaterThanOrEqualTo(2 * attempts.size());
  }

  @Test
  void acrossAnInterruption() throws Exception {
    JobSpec spec = spec(asked(), texts(8));
    Job job = await(world.intake().submit(JobId.random(), spec)).job();
    ScriptedEngine engine = new ScriptedEngine();
    ScriptedEngine.Hold hold = engine.hold();
    WorkerWorld.Worker leaving = world.worker("leaving", new Mortal(), engine);
    Future<Void> done = leaving.begin();
    hold.awaitBatch();
    leaving.drain();
    await(done);
    hold.release();
    world.worker("next").work();

    world.assertComplete(job, texts(8));
    assertOneTrace();
    assertThat(named("work on job"))
        .extracting(s -> s.getAttributes().asMap().toString())
        .anySatisfy(a -> assertThat(a).contains("leaving").contains("Free"))
        .anySatisfy(a -> assertThat(a).contains("next").contains("Ended"));
    assertThat(named("resume")).hasSize(1);
  }

  @Test
  void whenTheFirstMessageWasLostAndTheReconcilerSentAnother() {
    Job job = JobLife.created(JobId.random(), spec(asked(), texts(3)), world.clock.instant());
    await(world.embedded.store().create(job));
    world.clock.advance(Duration.ofMinutes(2));
    JobRecords records =
        new JobRecords(world.embedded.store(), world.embedded.events(), world.clock);
    try (Reconciler reconciler =
        new Reconciler(
            world.embedded.store(),
            world.embedded.queue(),
            world.embedded.objects(),
            records,
            world.clock,
            (what, why) -> {
              throw new AssertionError(what, why);
            })) {
      assertThat(await(reconciler.reconcile())).isEqualTo(1);
    }
    world.worker("w").work();

    world.assertComplete(job, texts(3));
    assertOneTrace();
  }

  @Test
  void aSignOfLifeIsNoStep() {
    Job job = await(world.intake().submit(JobId.random(), spec(null, texts(3)))).job();
    Claimant by =
        new Claimant("w", Job.Place.UNKNOWN, "token", WorkerWorld.LEASE, Claimant.Company.ANY);
    JobRecords untold =
        new JobRecords(world.embedded.store(), world.embedded.events(), world.clock);
    Job held = ((Claim.Claimed) await(untold.claim(job.id(), by))).job();
    JobRecords records =
        new JobRecords(
            world.embedded.store(), world.embedded.events(), world.clock, traces, ended -> {});
    Job.Progress two = new Job.Progress(2, 0, 3L);
    Job alive =
        await(records.update(held, (now, at) -> JobLife.alive(now, two, by.leaseLength(), at)));
    assertThat(named("record")).isEmpty();

    JobLife.Step part = new JobLife.Step(new Job.Checkpoint(2, 8, 3, 1, 20, 0), two, "digest");
    await(
        records.update(alive, (now, at) -> JobLife.checkpointed(now, part, by.leaseLength(), at)));
    assertThat(named("record")).hasSize(1);
  }

  @Test
  void aStepThatFailsSaysSoAndOneThatIsInThePastBeganThen() {
    traces.begin(Traces.Kind.INTERNAL, "late", null, Duration.ofSeconds(3).toNanos()).end();
    Future<Void> failed =
        traces.step("bad", null, () -> Future.failedFuture(new IOException("no disk")));
    assertThat(failed.failed()).isTrue();

    SpanData late = named("late").get(0);
    assertThat(late.getEndEpochNanos() - late.getStartEpochNanos()).isEqualTo(3_000_000_000L);
    assertThat(named("bad").get(0).getStatus().getDescription()).isEqualTo("no disk");
  }
}
