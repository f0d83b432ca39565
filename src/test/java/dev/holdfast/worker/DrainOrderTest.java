package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.await;
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
import java.util.Arrays;
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

  private static List<List<Integer>> lengths(WorkerWorld.Worker worker) {
    return worker.engine.batches.stream()
        .map(batch -> batch.stream().map(String::length).toList())
        .toList();
  }

  private List<Long> looseRows(Job job) {
    return world.job(job.id()).attempts().stream().map(Job.Attempt::looseRows).toList();
  }

  private static void awaitPrepared(WorkerWorld.Worker worker, int items) {
    List<Integer> prepared = worker.engine.prepared;
    Waits.until(
        () ->
            prepared.stream().mapToInt(Integer::intValue).sum() == items
                && worker.serving.metrics().prepare.count() == prepared.size());
  }

  /**
   * A worker that is told to go in its first batch.
   *
   * @param items that wait in the pool by then
   */
  private WorkerWorld.Worker leavesInItsFirstBatch(String id, int items) throws Exception {
    WorkerWorld.Worker leaving = world.worker(id);
    await(isToldToGoInItsFirstBatch(leaving, items));
    return leaving;
  }

  private Future<Void> isToldToGoInItsFirstBatch(WorkerWorld.Worker leaving, int items)
      throws Exception {
    CountDownLatch drained = new CountDownLatch(1);
    CountDownLatch first = new CountDownLatch(1);
    leaving.engine.beforeBatch(
        batch -> {
          if (leaving.engine.batches.isEmpty()) {
            awaitPrepared(leaving, items);
            first.countDown();
            Waits.until(drained);
          }
        });
    Future<Void> done = leaving.begin();
    assertThat(first.await(10, TimeUnit.SECONDS)).isTrue();
    leaving.drain(SOON);
    turns(leaving);
    drained.countDown();
    return done;
  }

  @Test
  void theBatchThatRunsIsTheLastAndItsRowsAreLeftToTheNextAttempt() throws Exception {
    String[] texts =
        windows(new int[] {400, 9, 399, 8}, new int[] {398, 7, 397, 6}, new int[] {396, 5, 395, 4});
    Job job = world.submit(texts);
    WorkerWorld.Worker leaving = leavesInItsFirstBatch("leaving", 8);

    assertThat(lengths(leaving)).containsExactly(List.of(400, 399));
    assertThat(looseRows(job)).containsExactly(2L);
    WorkerWorld.Worker next = world.worker("next");
    next.work();
    world.assertComplete(job, texts);
    assertThat(inferred(leaving) + inferred(next)).isEqualTo(texts.length);
    assertThat(next.serving.metrics().itemsReused.count()).isEqualTo(2);
    assertThat(leaving.serving.metrics().itemsDropped.count()).isZero();
  }

  @Test
  void rowsThatAnAttemptWasGivenAndCouldNotUseAreLeftOn() throws Exception {
    String[] texts = windows(new int[] {600, 500, 400, 9}, new int[] {8, 7, 6, 5});
    Job job = world.submit(texts);
    leavesInItsFirstBatch("first", 8);
    WorkerWorld.Worker second = leavesInItsFirstBatch("second", 7);
    assertThat(lengths(second)).containsExactly(List.of(500, 400));
    assertThat(looseRows(job)).containsExactly(1L, 3L);

    WorkerWorld.Worker last = world.worker("last");
    last.work();
    world.assertComplete(job, texts);
    assertThat(inferred(last)).isEqualTo(5);
  }

  @Test
  void rowsThatAreGoneAreInferredAgain() throws Exception {
    String[] texts = windows(new int[] {400, 9, 399, 8}, new int[] {7, 6, 5, 4});
    Job job = world.submit(texts);
    leavesInItsFirstBatch("leaving", 8);
    assertThat(await(world.embedded.objects().delete(job.looseKey(1)))).isTrue();

    WorkerWorld.Worker next = world.worker("next");
    next.work();
    world.assertComplete(job, texts);
    assertThat(inferred(next)).isEqualTo(texts.length);
  }

  @Test
  void aStoreThatDoesNotAnswerHoldsUpNoHandOverForRowsThatAreOutOfOrder() throws Exception {
    String[] texts = windows(new int[] {400, 9, 399, 8}, new int[] {7, 6, 5, 4});
    Job job = world.submit(texts);
    Mortal mute = new Mortal().hold("ObjectStore.create", 1);
    WorkerWorld.Worker leaving = world.worker("leaving", mute, new ScriptedEngine());
    Future<Void> done = isToldToGoInItsFirstBatch(leaving, 8);
    mute.awaitStruck();
    turns(leaving);
    assertThat(done.isComplete()).isFalse();
    world.clock.advance(Leftovers.SAVE_MAX);
    await(done);

    assertThat(world.job(job.id()).state()).isEqualTo(JobState.INTERRUPTED);
    assertThat(looseRows(job)).containsExactly(0L);
    WorkerWorld.Worker next = world.worker("next");
    next.work();
    world.assertComplete(job, texts);
    assertThat(inferred(next)).isEqualTo(texts.length);
    mute.release();
  }

  @Test
  void aBatchThatTakesTooLongIsAllThatIsInferredAgain() throws Exception {
    String[] texts = windows(new int[] {400, 300, 399, 299}, new int[] {398, 397, 396, 395});
    Job job = world.submit(texts);
    CountDownLatch second = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    WorkerWorld.Worker leaving = world.worker("leaving");
    leaving.engine.beforeBatch(
        batch -> {
          if (leaving.engine.batches.isEmpty()) {
            awaitPrepared(leaving, 8);
          } else {
            second.countDown();
            Waits.until(go);
          }
        });
    Future<Void> done = leaving.begin();
    assertThat(second.await(10, TimeUnit.SECONDS)).isTrue();
    leaving.drain(SOON);
    turns(leaving);
    world.clock.advance(SOON.batch());
    await(done);

    assertThat(looseRows(job)).containsExactly(2L);
    assertThat(leaving.serving.metrics().itemsDropped.count()).isZero();
    go.countDown();
    Waits.until(() -> leaving.serving.metrics().itemsDropped.count() == 2);
    assertThat(lengths(leaving)).containsExactly(List.of(400, 399), List.of(398, 397));
    WorkerWorld.Worker next = world.worker("next");
    next.work();
    world.assertComplete(job, texts);
    assertThat(inferred(next)).isEqualTo(6);
  }
}
