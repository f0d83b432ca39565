package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.LEASE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobState;
import dev.holdfast.world.Messages;
import dev.holdfast.world.ScriptedEngine;
import dev.holdfast.world.Waits;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An input that kills whoever infers it, and the jobs that were with it. */
@Timeout(60)
class QuarantineTest {

  private static final String KILLER = "killer";

  @TempDir Path directory;
  private WorkerWorld world;
  private final CountDownLatch end = new CountDownLatch(1);

  @BeforeEach
  void open() throws Exception {
    world = new WorkerWorld(directory);
  }

  @AfterEach
  void close() {
    end.countDown();
    world.close();
  }

  /**
   * A worker that dies in the middle of a batch with the killer; its forward call never returns.
   */
  private WorkerWorld.Worker mortal(String name) {
    Mortal mortal = new Mortal();
    ScriptedEngine engine = new ScriptedEngine();
    engine.beforeBatch(
        texts -> {
          if (texts.contains(KILLER)) {
            mortal.die();
            hang();
          }
        });
    return world.worker(name, mortal, engine);
  }

  private void hang() {
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Works until all is settled or the worker is dead; whether it lived. */
  private static boolean outlives(WorkerWorld.Worker worker, List<Future<Void>> begun) {
    Future<?> all = Future.all(begun);
    Waits.until(() -> worker.mortal.isDead() || all.isComplete());
    return !worker.mortal.isDead() && all.succeeded();
  }

  @Test
  void aKillerFailsAfterThreeDeathsAndItsNeighboursComplete() throws Exception {
    List<Job> neighbours = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      neighbours.add(world.submit("before " + i));
    }
    Job killer = world.submit(KILLER);
    for (int i = 0; i < 3; i++) {
      neighbours.add(world.submit("after " + i));
    }

    int deaths = 0;
    for (int life = 0; !world.messages().equals(new Messages(0, 0)); life++) {
      WorkerWorld.Worker worker = mortal("worker-" + life);
      if (!outlives(worker, worker.beginAll())) {
        deaths++;
      }
      world.clock.advance(LEASE.plusSeconds(1));
    }

    assertThat(deaths).isEqualTo(3);
    Job dead = world.job(killer.id());
    assertThat(dead.state()).isEqualTo(JobState.FAILED);
    assertThat(Objects.requireNonNull(dead.error()).message())
        .contains("3 attempts in a row ended without a word at item 0");
    for (Job neighbour : neighbours) {
      Job now = world.job(neighbour.id());
      assertThat(now.state()).as(now.toString()).isEqualTo(JobState.COMPLETE);
      assertThat(now.attempts()).as("blamed twice at most").hasSizeLessThanOrEqualTo(3);
    }
  }

  @Test
  void aLargeJobMakesWayForASuspectAndGoesOnAfterIt() throws Exception {
    Job suspect = suspect("innocent");
    String[] texts = WorkerWorld.texts(40);
    Job large = world.submit(texts);
    ScriptedEngine engine = new ScriptedEngine();
    WorkerWorld.Worker second = world.worker("second", new Mortal(), engine);

    assertThat(outlives(second, second.beginAll())).isTrue();

    assertThat(world.job(suspect.id()).state()).isEqualTo(JobState.COMPLETE);
    world.assertComplete(large, texts);
    assertThat(engine.batches)
        .filteredOn(batch -> batch.contains("innocent"))
        .containsExactly(List.of("innocent"));
  }

  /** Leaves a job as one over which two workers in a row have died. */
  private Job suspect(String text) throws Exception {
    Job suspect = world.submit(text);
    diesOverIt("first", 1);
    diesOverIt("next", 2);
    return suspect;
  }

  /**
   * @param writes of the record: the claim, and after a death that the input is begun with
   */
  private void diesOverIt(String name, int writes) throws Exception {
    Mortal mortal = new Mortal().dieAfter("JobStore.replace", writes);
    WorkerWorld.Worker worker = world.worker(name, mortal, new ScriptedEngine());
    worker.begin();
    worker.mortal.awaitStruck();
    world.clock.advance(LEASE.plusSeconds(1));
  }

  private static boolean quarantined(WorkerWorld.Worker worker) {
    return CompletableFuture.supplyAsync(() -> !worker.runner.open().isComplete(), worker.thread)
        .join();
  }

  @Test
  void workersThatDieBeforeTheyBeginBlameNobody() throws Exception {
    Job job = world.submit("innocent");
    for (int i = 0; i < 10; i++) {
      diesOverIt("worker-" + i, 1);
    }
    assertThat(world.job(job.id()).spent().suspects()).isEqualTo(1);
    world.worker("last").work();
    world.assertComplete(job, "innocent");
  }

  @Test
  void whatALostWorkerHadOnceIsWorkedOnAmongOthers() throws Exception {
    Job once = world.submit("once");
    diesOverIt("first", 1);
    CountDownLatch inferring = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    String[] texts = WorkerWorld.texts(40);
    Job large = world.submit(texts);
    WorkerWorld.Worker second = holding(new Mortal(), inferring, go);

    List<Future<Void>> begun = second.beginAll();
    assertThat(inferring.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(quarantined(second)).isFalse();
    go.countDown();
    for (Future<Void> done : begun) {
      WorkerWorld.await(done);
    }
    world.assertComplete(large, texts);
    assertThat(world.job(once.id()).state()).isEqualTo(JobState.COMPLETE);
  }

  @Test
  void whatALostWorkerHadOnceIsClearedByItsFirstProgress() throws Exception {
    String[] texts = WorkerWorld.texts(40);
    Job large = world.submit(texts);
    diesOverIt("first", 1);
    world.span = Duration.ofDays(1);
    CountDownLatch go = new CountDownLatch(1);
    ScriptedEngine engine = new ScriptedEngine();
    engine.beforeBatch(
        batch -> {
          if (engine.batches.size() == 3) {
            Waits.until(go);
          }
        });
    Future<Void> done = world.worker("second", new Mortal(), engine).begin();

    Waits.until(() -> world.job(large.id()).checkpoint().nextItem() > 0);
    go.countDown();
    WorkerWorld.await(done);
    world.assertComplete(large, texts);
    assertThat(world.job(large.id()).checkpoint().parts()).as("steps that double").isLessThan(9);
  }

  /** A worker that stays in its first batch until the test lets it go. */
  private WorkerWorld.Worker holding(Mortal mortal, CountDownLatch inferring, CountDownLatch go) {
    ScriptedEngine engine = new ScriptedEngine();
    engine.beforeBatch(
        batch -> {
          inferring.countDown();
          Waits.until(go);
        });
    return world.worker("second", mortal, engine);
  }

  @Test
  void whatComesDuringATurnIsLeftToOthers() throws Exception {
    Job suspect = suspect("innocent");
    CountDownLatch inferring = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    WorkerWorld.Worker busy = holding(new Mortal(), inferring, go);
    Future<Void> turn = busy.begin();
    assertThat(inferring.await(10, TimeUnit.SECONDS)).isTrue();
    Job next = world.submit("whoever has room");

    busy.work();
    world.clock.advance(Quarantine.ELSEWHERE_DELAY);
    world.worker("other").work();
    assertThat(world.job(next.id()).attempts())
        .extracting(Job.Attempt::worker)
        .containsExactly("other");
    assertThat(turn.isComplete()).isFalse();
    go.countDown();
    WorkerWorld.await(turn);
    assertThat(world.job(suspect.id()).state()).isEqualTo(JobState.COMPLETE);
  }

  @Test
  void aDrainDuringATurnLeavesItItsTime() throws Exception {
    Job suspect = suspect("innocent");
    CountDownLatch inferring = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    WorkerWorld.Worker leaving = holding(new Mortal(), inferring, go);
    Future<Void> turn = leaving.begin();
    assertThat(inferring.await(10, TimeUnit.SECONDS)).isTrue();

    leaving.drain(
        new Departure(Duration.ofMillis(1_100), Duration.ofSeconds(8), Duration.ofSeconds(9)));
    assertThat(turn.isComplete()).as("the turn has its time").isFalse();
    go.countDown();
    WorkerWorld.await(turn);
    assertThat(world.job(suspect.id()).state()).isEqualTo(JobState.COMPLETE);
  }

  @Test
  void aDrainBeforeATurnBeginsNothingThatRests() throws Exception {
    Job suspect = suspect("innocent");
    Job large = world.submit(WorkerWorld.texts(40));
    CountDownLatch inferring = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Mortal claims = new Mortal().hold("JobStore.replace", 1);
    WorkerWorld.Worker leaving = holding(claims, inferring, go);
    List<Future<Void>> begun = leaving.beginAll();
    Waits.until(() -> quarantined(leaving));
    claims.release();
    assertThat(inferring.await(10, TimeUnit.SECONDS)).isTrue();

    leaving.drain(
        new Departure(Duration.ofMillis(1_100), Duration.ofSeconds(8), Duration.ofSeconds(9)));
    go.countDown();
    for (Future<Void> done : begun) {
      WorkerWorld.await(done);
    }
    assertThat(leaving.engine.batches).as("the window that it had begun").hasSize(1);
    assertThat(world.job(large.id()).state()).isEqualTo(JobState.INTERRUPTED);
    assertThat(world.job(suspect.id()).attempts()).hasSize(2);
  }
}
