package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.SystemClock;
import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.Traces;
import dev.holdfast.job.WorkerRoster.WorkerReport;
import dev.holdfast.tuning.TunedEngine;
import dev.holdfast.tuning.TuningCache;
import dev.holdfast.world.Messages;
import dev.holdfast.world.ScriptedEngine;
import dev.holdfast.world.Waits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The worker's verticle on the real clock and the embedded adapters, with a scripted engine. */
@Timeout(60)
class WorkerVerticleTest {

  private static final int SLOTS = 4;

  @TempDir Path directory;
  private final SystemClock clock = new SystemClock();
  private final Vertx vertx = Vertx.vertx();
  private Embedded embedded;

  @BeforeEach
  void open() throws Exception {
    embedded = Embedded.open(directory, Optional.empty(), clock);
  }

  @AfterEach
  void close() {
    await(vertx.close());
    embedded.close();
    clock.close();
  }

  private WorkerVerticle worker(String id, InferenceEngine engine, ModelSpec spec) {
    WorkerServices services =
        new WorkerServices(
            embedded.queue(),
            embedded.events(),
            new JobRecords(embedded.store(), embedded.events(), clock),
            embedded.objects(),
            embedded.externalInputs(),
            embedded.roster(),
            clock,
            new SimpleMeterRegistry(),
            Traces.OFF);
    WorkerOptions options =
        new WorkerOptions(
            id,
            "test",
            Job.Place.UNKNOWN,
            1,
            SLOTS,
            Duration.ofSeconds(30),
            Checkpoints.every(Duration.ofSeconds(5)));
    return new WorkerVerticle(
        services,
        options,
        engine,
        List.of(spec),
        e -> {
          throw new AssertionError(e);
        });
  }

  private Job submit(String text) {
    JobRecords records = new JobRecords(embedded.store(), embedded.events(), clock);
    JobSpec spec =
        new JobSpec(
            "scripted", new JobSpec.Inline("\"" + text + "\"\n", 1), Map.of(), 3, null, null);
    return await(
            new JobIntake(embedded.store(), embedded.queue(), records, clock)
                .submit(JobId.random(), spec))
        .job();
  }

  @Test
  void worksThroughManyJobsAndNeverHoldsMoreThanItsSlots() throws Exception {
    Set<JobId> complete = ConcurrentHashMap.newKeySet();
    CountDownLatch all = new CountDownLatch(50);
    List<Long> held = new ArrayList<>();
    ScriptedEngine engine = new ScriptedEngine();
    engine.beforeBatch(batch -> held.add(Messages.in(directory, clock).held()));
    JobEvents.Subscription heard =
        embedded
            .events()
            .subscribe(
                event -> {
                  if (event.state() == JobState.COMPLETE && complete.add(event.job())) {
                    all.countDown();
                  }
                });
    for (int i = 0; i < 50; i++) {
      submit("text " + i);
    }
    await(vertx.deployVerticle(worker("w", engine, ScriptedEngine.spec(8, 1_000))));
    assertThat(all.await(30, TimeUnit.SECONDS)).isTrue();
    heard.close();
    assertThat(held).allSatisfy(h -> assertThat(h).isLessThanOrEqualTo(SLOTS));
  }

  @Test
  void aCancelReachesAWorkerAtOnce() throws Exception {
    CountDownLatch inferring = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    ScriptedEngine engine = new ScriptedEngine();
    engine.beforeBatch(
        batch -> {
          inferring.countDown();
          Waits.until(go);
        });
    JobId id = submit("a").id();
    await(vertx.deployVerticle(worker("w", engine, ScriptedEngine.spec(8, 1_000))));
    assertThat(inferring.await(30, TimeUnit.SECONDS)).isTrue();
    JobRecords records = new JobRecords(embedded.store(), embedded.events(), clock);
    await(new JobIntake(embedded.store(), embedded.queue(), records, clock).cancel(id));

    while (!Messages.in(directory, clock).equals(new Messages(0, 0))) {
      Thread.onSpinWait();
    }
    assertThat(await(embedded.store().get(id)).orElseThrow().state()).isEqualTo(JobState.CANCELLED);
    go.countDown();
  }

  @Test
  void aModelThatCannotBeLoadedIsSaidAndNothingIsPulled() {
    submit("a");
    ModelSpec broken =
        new ModelSpec(
            "scripted",
            Path.of("broken"),
            ModelSpec.Kind.TEXT_EMBEDDING,
            "cpu",
            new ModelSpec.BatchLimits(1, 1, Duration.ZERO));
    WorkerVerticle worker = worker("w", new ScriptedEngine(), broken);
    await(vertx.deployVerticle(worker));
    WorkerReport report = reported("w", r -> "the model directory is broken".equals(r.reason()));

    assertThat(report.ready()).isFalse();
    assertThat(worker.notReady()).isEqualTo("the model directory is broken");
    assertThat(Messages.in(directory, clock).held()).isZero();
  }

  @Test
  void aWorkerThatMeasuresSaysSoAndLeavesAtOnce() {
    ScriptedEngine scripted = new ScriptedEngine();
    ScriptedEngine.Hold hold = scripted.hold();
    ModelSpec declared = ScriptedEngine.spec(8, 1_000);
    ModelSpec open =
        new ModelSpec(
            declared.name(),
            declared.location(),
            declared.kind(),
            declared.device(),
            declared.batch(),
            declared.lanes(),
            EnumSet.allOf(ModelSpec.Choice.class),
            declared.precision());
    WorkerVerticle worker =
        worker(
            "w",
            new TunedEngine(
                scripted,
                Duration.ofHours(1),
                new TuningCache(directory.resolve("cache")),
                number -> "text"),
            open);
    String deployment = await(vertx.deployVerticle(worker));
    hold.awaitBatch();
    assertThat(reported("w", r -> "model scripted is being measured".equals(r.reason())).ready())
        .isFalse();

    await(worker.drain(Duration.ofSeconds(8)));
    hold.release();
    await(vertx.undeploy(deployment));
    assertThat(worker.notReady()).isEqualTo("the worker is leaving");
    while (scripted.closed.get() == 0) {
      Thread.onSpinWait();
    }
  }

  @Test
  void theRosterKnowsWhatAWorkerServesAndForgetsOneThatLeft() {
    String deployment =
        await(
            vertx.deployVerticle(worker("w", new ScriptedEngine(), ScriptedEngine.spec(8, 1_000))));
    WorkerReport report = reported("w", WorkerReport::ready);
    assertThat(report.models()).containsEntry("scripted", "digest-1");
    assertThat(report.slots()).isEqualTo(SLOTS);

    await(vertx.undeploy(deployment));
    assertThat(await(embedded.roster().list(Instant.EPOCH))).isEmpty();
  }

  @RepeatedTest(10)
  void startsAndStopsAtAnyMoment() {
    WorkerVerticle worker = worker("w", new ScriptedEngine(), ScriptedEngine.spec(8, 1_000));
    String deployment = await(vertx.deployVerticle(worker));
    await(vertx.undeploy(deployment));
    assertThat(worker.notReady()).isEqualTo("the worker is leaving");
  }

  private WorkerReport reported(String id, Predicate<WorkerReport> condition) {
    while (true) {
      Optional<WorkerReport> report =
          await(embedded.roster().list(Instant.EPOCH)).stream()
              .filter(r -> r.id().equals(id))
              .filter(condition)
              .findFirst();
      if (report.isPresent()) {
        return report.get();
      }
      Thread.onSpinWait();
    }
  }
}
