package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.Traces;
import dev.holdfast.tuning.TunedEngine;
import dev.holdfast.tuning.TuningCache;
import dev.holdfast.world.ManualClock;
import dev.holdfast.world.ScriptedEngine;
import dev.holdfast.world.Waits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The worker's verticle when it has to go, on one loop and a clock with movable hands. */
@Timeout(60)
class WorkerWayOutTest {

  @TempDir Path directory;
  private final ManualClock clock = new ManualClock();
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  private final CompletableFuture<Throwable> fatal = new CompletableFuture<>();
  private Embedded embedded;

  @BeforeEach
  void open() throws Exception {
    embedded = Embedded.open(directory, Optional.empty(), clock);
  }

  @AfterEach
  void close() {
    await(vertx.close());
    embedded.close();
  }

  private WorkerVerticle worker(InferenceEngine engine, ModelSpec spec) {
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
            "w",
            "test",
            Job.Place.UNKNOWN,
            1,
            4,
            Duration.ofSeconds(30),
            Checkpoints.every(Duration.ofSeconds(5)));
    return new WorkerVerticle(services, options, engine, List.of(spec), fatal::complete);
  }

  /** Lets the loop do what it was given, and what that gave it. */
  private void turn() {
    for (int i = 0; i < 2; i++) {
      Promise<Void> turned = Promise.promise();
      vertx.runOnContext(v -> turned.complete());
      await(turned.future());
    }
  }

  @Test
  void aMicroBatchThatUsuallyTakesASecondIsWaitedFor() throws Exception {
    ScriptedEngine engine = new ScriptedEngine();
    CountDownLatch second = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    engine.beforeBatch(
        batch -> {
          if (engine.batches.isEmpty()) {
            clock.advance(Duration.ofSeconds(1));
          } else {
            second.countDown();
            Waits.until(go);
          }
        });
    JobSpec spec =
        new JobSpec("scripted", new JobSpec.Inline("\"a\"\n\"b\"\n", 2), Map.of(), 3, null, null);
    JobRecords records = new JobRecords(embedded.store(), embedded.events(), clock);
    JobId id =
        await(
                new JobIntake(embedded.store(), embedded.queue(), records, clock)
                    .submit(JobId.random(), spec))
            .job()
            .id();
    WorkerVerticle worker = worker(engine, ScriptedEngine.spec(1, 1_000));
    await(vertx.deployVerticle(worker));
    assertThat(second.await(30, TimeUnit.SECONDS)).isTrue();

    Future<Void> drained = worker.drain(Duration.ofSeconds(12));
    turn();
    clock.advance(Duration.ofMillis(1_900));
    go.countDown();
    await(drained);
    assertThat(await(embedded.store().get(id)).orElseThrow().state()).isEqualTo(JobState.COMPLETE);
  }

  @Test
  void aDeviceThatIsLostWhileAModelIsMeasuredEndsTheProcess() throws Exception {
    ScriptedEngine scripted = new ScriptedEngine();
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
            new TunedEngine(
                scripted,
                Duration.ofMillis(200),
                new TuningCache(directory.resolve("cache")),
                number -> "assert"),
            open);
    await(vertx.deployVerticle(worker));

    assertThat(fatal.get(30, TimeUnit.SECONDS)).hasMessageContaining("the device was lost");
    await(worker.drain(Duration.ofSeconds(12)));
    assertThat(worker.notReady()).isEqualTo("the worker is leaving");
  }

  @Test
  void aModelThatCannotBeLoadedForAnotherReasonDoesNotEndIt() {
    ModelSpec broken =
        new ModelSpec(
            "scripted",
            Path.of("broken"),
            ModelSpec.Kind.TEXT_EMBEDDING,
            "cpu",
            new ModelSpec.BatchLimits(1, 1, Duration.ZERO));
    WorkerVerticle worker = worker(new ScriptedEngine(), broken);
    await(vertx.deployVerticle(worker));
    Waits.until(() -> "the model directory is broken".equals(worker.notReady()));
    assertThat(fatal).isNotDone();
  }
}
