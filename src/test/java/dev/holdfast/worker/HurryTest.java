package dev.holdfast.worker;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobState;
import dev.holdfast.shutdown.DrainPlan;
import dev.holdfast.world.ScriptedEngine;
import dev.holdfast.world.Waits;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A worker that must go, and then must be gone sooner than it was told. */
@Timeout(60)
class HurryTest {

  private static final Departure SOON = departure(Duration.ofSeconds(12));

  @AutoClose private final WorkerWorld world;

  HurryTest(@TempDir Path directory) throws IOException {
    world = new WorkerWorld(directory);
  }

  private static Departure departure(Duration budget) {
    return Departure.of(DrainPlan.of(budget, Duration.ofMillis(10)), false);
  }

  /** Lets the worker do what it has been told so far, and what it has told itself then. */
  private static void turn(WorkerWorld.Worker worker) {
    CompletableFuture.runAsync(() -> {}, worker.thread)
        .thenRunAsync(() -> {}, worker.thread)
        .join();
  }

  @Test
  void aPartOnItsWayIsWaitedForUntilTheEarlierEnd() throws Exception {
    String[] texts = {"one", "two", "three"};
    Job job = world.submit(texts);
    Mortal mortal = new Mortal().hold("ObjectStore.create", 1);
    WorkerWorld.Worker leaving = world.worker("leaving", mortal, new ScriptedEngine());
    Future<Void> done = leaving.begin();
    mortal.awaitStruck();
    leaving.drain(departure(Duration.ofMinutes(2)));
    turn(leaving);
    leaving.drain(SOON);
    turn(leaving);
    leaving.drain(departure(Duration.ofMinutes(1)));
    turn(leaving);
    world.clock.advance(SOON.work().minusMillis(1));
    turn(leaving);
    assertThat(done.isComplete()).as("it waits as long as it may").isFalse();

    world.clock.advance(Duration.ofMillis(1));
    await(done);

    assertThat(world.job(job.id()).state()).isEqualTo(JobState.INTERRUPTED);
    mortal.release();
    world.worker("next").work();
    world.assertComplete(job, texts);
  }

  @Test
  void whatIsInferredIsWaitedForUntilTheEarlierEnd() throws Exception {
    Job job = world.submit("one", "two");
    CountDownLatch inferring = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    ScriptedEngine engine = new ScriptedEngine();
    engine.beforeBatch(
        batch -> {
          inferring.countDown();
          Waits.until(go);
        });
    WorkerWorld.Worker leaving = world.worker("leaving", new Mortal(), engine);
    Future<Void> done = leaving.begin();
    assertThat(inferring.await(10, TimeUnit.SECONDS)).isTrue();
    leaving.drain(departure(Duration.ofMinutes(2)));
    turn(leaving);
    Departure sooner = departure(Duration.ofMillis(300));
    leaving.drain(sooner);
    turn(leaving);

    world.clock.advance(sooner.batch());
    await(done);
    go.countDown();

    assertThat(sooner.batch()).isLessThan(departure(Duration.ofMinutes(2)).batch());
    assertThat(world.job(job.id()).state()).isEqualTo(JobState.INTERRUPTED);
  }
}
