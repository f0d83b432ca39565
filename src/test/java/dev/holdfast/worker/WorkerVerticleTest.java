package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.SystemClock;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.WorkerRoster.WorkerReport;
import dev.holdfast.tuning.TunedEngine;
import dev.holdfast.tuning.TuningCache;
import dev.holdfast.world.Messages;
import dev.holdfast.world.ScriptedEngine;
import dev.holdfast.world.Waits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The worker's verticle on the real clock and the embedded adapters, with a scripted engine. */
@Timeout(60)
class WorkerVerticleTest {

  @TempDir Path directory;
  private final SystemClock clock = new SystemClock();
  private VerticleWorld world;

  @BeforeEach
  void open() throws Exception {
    world = new VerticleWorld(directory, clock);
  }

  @AfterEach
  void close() {
    world.close();
    clock.close();
  }

  private WorkerVerticle worker(InferenceEngine engine, ModelSpec spec) {
    return world.worker(
        engine,
        spec,
        new SimpleMeterRegistry(),
        e -> {
          throw new AssertionError(e);
        });
  }

  @Test
  void worksThroughManyJobsAndNeverHoldsMoreThanItsSlots() throws Exception {
    Set<JobId> complete = ConcurrentHashMap.newKeySet();
    CountDownLatch all = new CountDownLatch(50);
    List<Long> held = new ArrayList<>();
    ScriptedEngine engine = new ScriptedEngine();
    engine.beforeBatch(batch -> held.add(world.messages().held()));
    JobEvents.Subscription heard =
        world
            .embedded
            .events()
            .subscribe(
                event -> {
                  if (event.state() == JobState.COMPLETE && complete.add(event.job())) {
                    all.countDown();
                  }
                });
    for (int i = 0; i < 50; i++) {
      world.submit("text " + i, 1);
    }
    await(world.vertx.deployVerticle(worker(engine, ScriptedEngine.spec(8, 1_000))));
    assertThat(all.await(30, TimeUnit.SECONDS)).isTrue();
    heard.close();
    assertThat(held).allSatisfy(h -> assertThat(h).isLessThanOrEqualTo(VerticleWorld.SLOTS));
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
    JobId id = world.submit("a", 1).id();
    await(world.vertx.deployVerticle(worker(engine, ScriptedEngine.spec(8, 1_000))));
    assertThat(inferring.await(30, TimeUnit.SECONDS)).isTrue();
    await(world.intake().cancel(id));

    Waits.until(() -> world.messages().equals(new Messages(0, 0)));
    assertThat(world.job(id).state()).isEqualTo(JobState.CANCELLED);
    go.countDown();
  }

  @Test
  void aModelThatCannotBeLoadedIsSaidAndNothingIsPulled() {
    world.submit("a", 1);
    ModelSpec broken =
        new ModelSpec(
            "scripted",
            Path.of("broken"),
            ModelSpec.Kind.TEXT_EMBEDDING,
            "cpu",
            new ModelSpec.BatchLimits(1, 1, Duration.ZERO));
    WorkerVerticle worker = worker(new ScriptedEngine(), broken);
    await(world.vertx.deployVerticle(worker));
    WorkerReport report = reported("w", r -> "the model directory is broken".equals(r.reason()));

    assertThat(report.ready()).isFalse();
    assertThat(worker.notReady()).isEqualTo("the model directory is broken");
    assertThat(world.messages().held()).isZero();
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
            new TunedEngine(
                scripted,
                Duration.ofHours(1),
                new TuningCache(directory.resolve("cache")),
                number -> "text"),
            open);
    String deployment = await(world.vertx.deployVerticle(worker));
    hold.awaitBatch();
    assertThat(reported("w", r -> "model scripted is being measured".equals(r.reason())).ready())
        .isFalse();

    await(worker.drain(Duration.ofSeconds(8)));
    hold.release();
    await(world.vertx.undeploy(deployment));
    assertThat(worker.notReady()).isEqualTo("the worker is leaving");
    Waits.until(() -> scripted.closed.get() > 0);
  }

  @Test
  void theRosterKnowsWhatAWorkerServesAndForgetsOneThatLeft() {
    String deployment =
        await(
            world.vertx.deployVerticle(
                worker(new ScriptedEngine(), ScriptedEngine.spec(8, 1_000))));
    WorkerReport report = reported("w", WorkerReport::ready);
    assertThat(report.models()).containsEntry("scripted", "digest-1");
    assertThat(report.slots()).isEqualTo(VerticleWorld.SLOTS);

    await(world.vertx.undeploy(deployment));
    assertThat(await(world.embedded.roster().list(Instant.EPOCH))).isEmpty();
  }

  @RepeatedTest(10)
  void startsAndStopsAtAnyMoment() {
    WorkerVerticle worker = worker(new ScriptedEngine(), ScriptedEngine.spec(8, 1_000));
    String deployment = await(world.vertx.deployVerticle(worker));
    await(world.vertx.undeploy(deployment));
    assertThat(worker.notReady()).isEqualTo("the worker is leaving");
  }

  private WorkerReport reported(String id, Predicate<WorkerReport> condition) {
    AtomicReference<@Nullable WorkerReport> found = new AtomicReference<>();
    Waits.until(
        () -> {
          await(world.embedded.roster().list(Instant.EPOCH)).stream()
              .filter(r -> r.id().equals(id))
              .filter(condition)
              .findFirst()
              .ifPresent(found::set);
          return found.get() != null;
        });
    return Objects.requireNonNull(found.get());
  }
}
