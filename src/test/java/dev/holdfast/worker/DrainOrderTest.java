package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.shutdown.DrainPlan;
import dev.holdfast.world.ScriptedEngine;
import dev.holdfast.world.Waits;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a worker that must go still infers, and in which order. */
@Timeout(60)
class DrainOrderTest {

  private static final Departure SOON =
      Departure.of(DrainPlan.of(Duration.ofSeconds(12), Duration.ZERO), false);

  @AutoClose private final WorkerWorld world;

  DrainOrderTest(@TempDir Path directory) throws IOException {
    world = new WorkerWorld(directory);
  }

  /** Lets the worker do what it has been told so far, and its attempts what it tells them. */
  private static void turns(WorkerWorld.Worker worker) {
    for (int i = 0; i < 2; i++) {
      CompletableFuture.runAsync(() -> {}, worker.thread).join();
    }
  }

  /** A window of four after the other, whose longest items are inferred before all others. */
  private static String[] windows(int[]... lengths) {
    return Arrays.stream(lengths)
        .flatMapToInt(Arrays::stream)
        .mapToObj("t"::repeat)
        .toArray(String[]::new);
  }

  private static int inferred(WorkerWorld.Worker worker) {
    return worker.engine.batches.stream().mapToInt(List::size).sum();
  }

  /** The first two windows wait in the pool. */
  private static void awaitTwoWindows(WorkerWorld.Worker worker) {
    List<Integer> prepared = worker.engine.prepared;
    Waits.until(
        () ->
            prepared.stream().mapToInt(Integer::intValue).sum() == 8
                && worker.serving.metrics().prepare.count() == prepared.size());
  }

  @Test
  void whatIsBegunIsCompletedAndNothingIsInferredTwice() throws Exception {
    String[] texts =
        windows(new int[] {400, 9, 399, 8}, new int[] {398, 7, 397, 6}, new int[] {396, 5, 395, 4});
    Job job = world.submit(texts);
    CountDownLatch drained = new CountDownLatch(1);
    CountDownLatch first = new CountDownLatch(1);
    WorkerWorld.Worker leaving = world.worker("leaving");
    leaving.engine.beforeBatch(
        batch -> {
          if (leaving.engine.batches.isEmpty()) {
            awaitTwoWindows(leaving);
            first.countDown();
            Waits.until(drained);
          }
        });
    Future<Void> done = leaving.begin();
    assertThat(first.await(10, TimeUnit.SECONDS)).isTrue();
    leaving.drain(SOON);
    turns(leaving);
    drained.countDown();
    await(done);

    assertThat(inferred(leaving)).as("the first window, and no other").isEqualTo(4);
    assertThat(world.job(job.id()).checkpoint().nextItem()).isEqualTo(4);
    WorkerWorld.Worker next = world.worker("next");
    next.work();
    world.assertComplete(job, texts);
    assertThat(inferred(leaving) + inferred(next)).isEqualTo(texts.length);
    assertThat(leaving.serving.metrics().itemsDropped.count()).isZero();
  }

  @Test
  void aDrainInMidSweepCompletesTheFirstWindows() throws Exception {
    String[] texts = windows(new int[] {400, 300, 399, 299}, new int[] {398, 397, 396, 395});
    Job job = world.submit(texts);
    CountDownLatch drained = new CountDownLatch(1);
    CountDownLatch second = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Mortal mortal = new Mortal();
    WorkerWorld.Worker leaving = world.worker("leaving", mortal, new ScriptedEngine());
    leaving.engine.beforeBatch(
        batch -> {
          if (leaving.engine.batches.isEmpty()) {
            awaitTwoWindows(leaving);
          } else if (leaving.engine.batches.size() == 1) {
            second.countDown();
            Waits.until(drained);
          } else if (leaving.engine.batches.size() == 3) {
            // the claim's news, and the checkpoint's behind the first window
            Waits.until(() -> Collections.frequency(mortal.calls, "JobEvents.publish") == 2);
            world.clock.advance(SOON.batch());
            Waits.until(go);
          }
        });
    Future<Void> done = leaving.begin();
    assertThat(second.await(10, TimeUnit.SECONDS)).isTrue();
    leaving.drain(SOON);
    turns(leaving);
    drained.countDown();
    await(done);

    List<List<Integer>> lengths =
        leaving.engine.batches.stream()
            .map(batch -> batch.stream().map(String::length).toList())
            .toList();
    assertThat(lengths).containsExactly(List.of(400, 399), List.of(398, 397), List.of(300, 299));
    assertThat(world.job(job.id()).checkpoint().nextItem()).isEqualTo(4);
    assertThat(leaving.serving.metrics().itemsDropped.count()).isEqualTo(2);
    go.countDown();
    Waits.until(() -> leaving.serving.metrics().itemsDropped.count() == 4);
    world.worker("next").work();
    world.assertComplete(job, texts);
  }
}
