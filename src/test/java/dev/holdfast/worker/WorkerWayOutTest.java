package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.tuning.TunedEngine;
import dev.holdfast.tuning.TuningCache;
import dev.holdfast.world.ManualClock;
import dev.holdfast.world.ScriptedEngine;
import dev.holdfast.world.Waits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
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
  private final CompletableFuture<Throwable> fatal = new CompletableFuture<>();
  private VerticleWorld world;

  @BeforeEach
  void open() throws Exception {
    world = new VerticleWorld(directory, clock);
  }

  @AfterEach
  void close() {
    world.close();
  }

  private WorkerVerticle worker(InferenceEngine engine, ModelSpec spec) {
    return world.worker(engine, spec, new SimpleMeterRegistry(), fatal::complete);
  }

  /** Lets the loop do what it was given, and what that gave it. */
  private void turn() {
    for (int i = 0; i < 2; i++) {
      Promise<Void> turned = Promise.promise();
      world.vertx.runOnContext(v -> turned.complete());
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
    JobId id = world.submit("a", 2).id();
    WorkerVerticle worker = worker(engine, ScriptedEngine.spec(1, 1_000));
    await(world.vertx.deployVerticle(worker));
    assertThat(second.await(30, TimeUnit.SECONDS)).isTrue();

    Future<Void> drained = worker.drain(Duration.ofSeconds(12));
    turn();
    clock.advance(Duration.ofMillis(1_900));
    go.countDown();
    await(drained);
    assertThat(world.job(id).state()).isEqualTo(JobState.COMPLETE);
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
    await(world.vertx.deployVerticle(worker));

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
    await(world.vertx.deployVerticle(worker));
    Waits.until(() -> "the model directory is broken".equals(worker.notReady()));
    assertThat(fatal).isNotDone();
  }
}
