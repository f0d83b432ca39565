package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.await;
import static dev.holdfast.worker.WorkerWorld.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import dev.holdfast.world.ScriptedEngine;
import dev.holdfast.world.Waits;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A worker that must go. */
@Timeout(60)
class DrainTest {

  @AutoClose private final WorkerWorld world;

  DrainTest(@TempDir Path directory) throws IOException {
    world = new WorkerWorld(directory);
  }

  @Test
  void aDrainKeepsWhatIsGatheredAndFreesTheJobAtOnce() throws Exception {
    // The longest are inferred first, so the first window is done before the second.
    String[] texts =
        IntStream.range(0, 12).mapToObj(i -> "t".repeat(40 - i)).toArray(String[]::new);
    Job job = world.submit(texts);
    CountDownLatch second = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Mortal mortal = new Mortal();
    ScriptedEngine engine = new ScriptedEngine();
    engine.beforeBatch(
        batch -> {
          if (engine.batches.size() == 1) {
            Waits.until(() -> Collections.frequency(mortal.calls, "JobEvents.publish") >= 2);
            second.countDown();
            Waits.until(go);
          }
        });
    WorkerWorld.Worker leaving = world.worker("leaving", mortal, engine);
    Future<Void> done = leaving.begin();
    assertThat(second.await(10, TimeUnit.SECONDS)).isTrue();
    leaving.drain();
    await(done);
    go.countDown();

    Job interrupted = world.job(job.id());
    assertThat(interrupted.state()).isEqualTo(JobState.INTERRUPTED);
    assertThat(interrupted.checkpoint().nextItem()).isEqualTo(4);
    assertThat(interrupted.spent().failures()).isZero();
    world.worker("next").work();
    world.assertComplete(job, texts);
    assertThat(world.job(job.id()).recomputed()).isZero();
  }

  /** Lets the worker do what it has been told so far. */
  private static void turn(WorkerWorld.Worker worker) {
    CompletableFuture.runAsync(() -> {}, worker.thread).join();
  }

  @Test
  void aReadThatFailsWhileThePartIsOnItsWayChangesNothing() throws Exception {
    // a window of four takes two reads, so the third is made while the first window is inferred
    String[] texts =
        IntStream.range(0, 12).mapToObj(i -> i + "t".repeat(100_000)).toArray(String[]::new);
    String lines =
        Arrays.stream(texts)
            .map(text -> new JsonObject().put("text", text).encode() + "\n")
            .collect(Collectors.joining());
    String key = "inputs/in_test/items.jsonl";
    await(world.embedded.objects().create(key, Buffer.buffer(lines), Map.of()));
    Job job = world.submit(new JobSpec.Stored(key, lines.length(), texts.length));
    Mortal mortal = new Mortal().hold("ObjectStore.create", 1).holdAndFail("ObjectStore.read", 3);
    WorkerWorld.Worker leaving = world.worker("leaving", mortal, new ScriptedEngine());
    Future<Void> done = leaving.begin();
    mortal.awaitStruck();
    assertThat(Collections.frequency(mortal.calls, "ObjectStore.read")).isEqualTo(3);
    leaving.drain();
    turn(leaving);
    mortal.failHeld();
    turn(leaving);
    mortal.release();
    await(done);

    Job left = world.job(job.id());
    assertThat(left.state()).isEqualTo(JobState.INTERRUPTED);
    assertThat(left.checkpoint().nextItem()).as("the part was waited for").isPositive();
    world.worker("next").work();
    world.assertComplete(job, texts);
    assertThat(world.job(job.id()).recomputed()).isZero();
  }

  @Test
  void newsThatHangKeepNoHandOver() throws Exception {
    String[] texts =
        IntStream.range(0, 12).mapToObj(i -> "t".repeat(40 - i)).toArray(String[]::new);
    Job job = world.submit(texts);
    CountDownLatch second = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    // the claim's news, the checkpoint's, and those of the hand-over
    Mortal mortal = new Mortal().hold("JobEvents.publish", 2).hold("JobEvents.publish", 3);
    ScriptedEngine engine = new ScriptedEngine();
    engine.beforeBatch(
        batch -> {
          if (engine.batches.size() == 1) {
            Waits.until(() -> Collections.frequency(mortal.calls, "JobEvents.publish") >= 2);
            second.countDown();
            Waits.until(go);
          }
        });
    WorkerWorld.Worker leaving = world.worker("leaving", mortal, engine);
    Future<Void> done = leaving.begin();
    assertThat(second.await(10, TimeUnit.SECONDS)).isTrue();
    leaving.drain();
    await(done);
    go.countDown();

    assertThat(world.job(job.id()).state()).isEqualTo(JobState.INTERRUPTED);
    assertThat(world.job(job.id()).checkpoint().nextItem()).isEqualTo(4);
    assertThat(mortal.calls).endsWith("JobEvents.publish", "JobQueue.release");
    world.worker("next").work();
    world.assertComplete(job, texts);
  }

  @Test
  void aRecordThatCannotBeWrittenDoesNotKeepTheDelivery() throws Exception {
    String[] texts = texts(4);
    Job job = world.submit(texts);
    Mortal mortal = new Mortal().hold("JobStore.replace", 2);
    ScriptedEngine engine = new ScriptedEngine();
    ScriptedEngine.Hold hold = engine.hold();
    WorkerWorld.Worker leaving = world.worker("leaving", mortal, engine);
    Future<Void> done = leaving.begin();
    hold.awaitBatch();
    leaving.drain();
    mortal.awaitStruck();
    turn(leaving);
    world.clock.advance(Departure.AT_ONCE.records().minusMillis(1));
    turn(leaving);
    assertThat(done.isComplete()).as("the record is waited for").isFalse();
    world.clock.advance(Duration.ofMillis(1));
    await(done);
    hold.release();

    assertThat(mortal.calls).endsWith("JobQueue.release");
    assertThat(world.job(job.id()).state()).as("as the lease says").isEqualTo(JobState.PROCESSING);
    mortal.die();
    WorkerWorld.Worker next = world.worker("next");
    world.clock.advance(Duration.ofSeconds(5));
    next.work();
    assertThat(next.engine.batches).as("the job is busy until its lease is over").isEmpty();
    world.clock.advance(WorkerWorld.LEASE);
    next.work();
    world.assertComplete(job, texts);
    assertThat(world.job(job.id()).spent().failures()).isZero();
  }

  @Test
  void aRecordThatIsWrittenAfterTheReleaseFreesTheJobAllTheSame() throws Exception {
    String[] texts = texts(4);
    Job job = world.submit(texts);
    Mortal mortal = new Mortal().hold("JobStore.replace", 2);
    ScriptedEngine engine = new ScriptedEngine();
    ScriptedEngine.Hold hold = engine.hold();
    WorkerWorld.Worker leaving = world.worker("leaving", mortal, engine);
    Future<Void> done = leaving.begin();
    hold.awaitBatch();
    leaving.drain();
    mortal.awaitStruck();
    turn(leaving);
    world.clock.advance(Departure.AT_ONCE.records());
    await(done);
    hold.release();
    mortal.release();
    awaitState(job, JobState.INTERRUPTED);

    world.clock.advance(Duration.ofSeconds(5));
    world.worker("next").work();
    world.assertComplete(job, texts);
    assertThat(world.job(job.id()).spent().suspects()).isZero();
  }

  private void awaitState(Job job, JobState state) {
    Waits.until(() -> world.job(job.id()).state() == state);
  }

  @ParameterizedTest
  @ValueSource(strings = {"JobStore.get", "JobStore.replace"})
  void aClaimThatHangsDoesNotKeepTheDelivery(String call) throws Exception {
    String[] texts = texts(4);
    Job job = world.submit(texts);
    Mortal mortal = new Mortal().hold(call, 1);
    WorkerWorld.Worker leaving = world.worker("leaving", mortal, new ScriptedEngine());
    Future<Void> done = leaving.begin();
    mortal.awaitStruck();
    leaving.drain();
    turn(leaving);
    world.clock.advance(Departure.AT_ONCE.records());
    await(done);

    assertThat(mortal.calls).endsWith("JobQueue.release");
    mortal.release();
    awaitState(job, JobState.INTERRUPTED);
    assertThat(leaving.engine.batches).as("nothing is begun").isEmpty();
    world.clock.advance(Duration.ofSeconds(5));
    world.worker("next").work();
    world.assertComplete(job, texts);
    assertThat(world.job(job.id()).spent()).isEqualTo(new Job.Spent(0, 1, 0));
  }

  @Test
  void aJobThatIsEvictedTwoHundredTimesInARowStillCompletes() throws Exception {
    String[] texts = texts(10);
    Job job = world.submit(texts);
    for (int eviction = 1; eviction <= 200; eviction++) {
      CountDownLatch inferring = new CountDownLatch(1);
      CountDownLatch go = new CountDownLatch(1);
      ScriptedEngine engine = new ScriptedEngine();
      engine.beforeBatch(
          batch -> {
            inferring.countDown();
            Waits.until(go);
          });
      try (WorkerWorld.Worker leaving = world.transientWorker("w" + eviction, engine)) {
        Future<Void> done = leaving.begin();
        assertThat(inferring.await(10, TimeUnit.SECONDS)).isTrue();
        leaving.drain();
        await(done);
        go.countDown();
      }
      assertThat(world.job(job.id()).spent().interruptions()).isEqualTo(eviction);
    }
    world.worker("last").work();
    world.assertComplete(job, texts);
    assertThat(world.job(job.id()).spent().failures()).isZero();
    assertThat(world.job(job.id()).spent().suspects()).isZero();
  }
}
