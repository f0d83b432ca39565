package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.await;
import static dev.holdfast.worker.WorkerWorld.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.job.Job;
import dev.holdfast.world.ScriptedEngine;
import dev.holdfast.world.Waits;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Parts on their way while inference goes on, without a scratch directory. */
@Timeout(60)
class CommitsTest {

  private static final double COST_MIN = CheckpointPolicy.COST_MIN.toNanos() / 1e9;
  private static final double WEIGHT = 0.2;

  @AutoClose private final WorkerWorld world;

  CommitsTest(@TempDir Path directory) throws IOException {
    world = new WorkerWorld(directory);
  }

  @Test
  void theNextSpanIsInferredWhileAPartIsOnItsWay() throws Exception {
    world.span = Duration.ofSeconds(10);
    String[] texts = texts(100);
    Job job = world.submit(texts);
    Mortal mortal = new Mortal().hold("ObjectStore.create", 1);
    ScriptedEngine engine = new ScriptedEngine();
    engine.beforeBatch(
        batch -> {
          if (engine.batches.isEmpty()) {
            // the first window fills half a span, and no other will
            world.clock.advance(Duration.ofSeconds(6));
          }
        });
    Future<Void> done = world.worker("w", mortal, engine).begin();
    mortal.awaitStruck();
    Waits.until(() -> engine.batches.stream().mapToInt(List::size).sum() == texts.length);
    assertThat(world.job(job.id()).checkpoint().nextItem()).isZero();
    mortal.release();
    await(done);
    world.assertComplete(job, texts);
    assertThat(world.job(job.id()).checkpoint().parts()).isEqualTo(2);
  }

  /** Two spans are all that memory may hold, so inference would have waited for the first. */
  @Test
  void whatInferenceWaitsForAPartIsItsCost() throws Exception {
    String[] texts = texts(8);
    Job job = world.submit(texts);
    Mortal mortal = new Mortal().hold("ObjectStore.create", 1);
    WorkerWorld.Worker worker = world.worker("w", mortal, new ScriptedEngine());
    Future<Void> done = worker.begin();
    mortal.awaitStruck();
    Waits.until(() -> worker.engine.batches.size() == 2 && worker.serving.gate().items() == 0);
    CompletableFuture.runAsync(() -> {}, worker.thread).join();
    world.clock.advance(Duration.ofMillis(500));
    mortal.release();
    await(done);

    world.assertComplete(job, texts);
    double first = COST_MIN + WEIGHT * (0.5 - COST_MIN);
    assertThat(worker.serving.policy().costSeconds())
        .isCloseTo(first + WEIGHT * (COST_MIN - first), within(0.02));
  }

  @Test
  void whatACutTakesOnTheLoopIsItsCost() throws Exception {
    Job job = world.submit(texts(4));
    Mortal mortal =
        new Mortal()
            .during("ObjectStore.create", () -> world.clock.advance(Duration.ofMillis(500)));
    WorkerWorld.Worker worker = world.worker("w", mortal, new ScriptedEngine());
    worker.work();

    world.assertComplete(job, texts(4));
    assertThat(worker.serving.policy().costSeconds())
        .isCloseTo(COST_MIN + WEIGHT * (0.5 - COST_MIN), within(0.02));
  }
}
