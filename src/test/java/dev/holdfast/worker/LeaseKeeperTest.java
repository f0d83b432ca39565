package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.LEASE;
import static dev.holdfast.worker.WorkerWorld.await;
import static dev.holdfast.worker.WorkerWorld.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobState;
import dev.holdfast.world.Messages;
import dev.holdfast.world.ScriptedEngine;
import dev.holdfast.world.Waits;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A worker that loses its hold on the message, on the record, or on both. */
@Timeout(60)
class LeaseKeeperTest {

  private static final String[] TEXTS = texts(10);
  private static final Duration TURN = LEASE.dividedBy(3);

  @AutoClose private final WorkerWorld world;
  private final CountDownLatch go = new CountDownLatch(1);

  LeaseKeeperTest(@TempDir Path directory) throws IOException {
    world = new WorkerWorld(directory);
  }

  @AfterEach
  void letGo() {
    go.countDown();
  }

  /** A worker that stays in its first batch until the test lets it go. */
  private WorkerWorld.Worker holding(String name, Mortal mortal, CountDownLatch inferring) {
    ScriptedEngine engine = new ScriptedEngine();
    engine.beforeBatch(
        batch -> {
          inferring.countDown();
          Waits.until(go);
        });
    return world.worker(name, mortal, engine);
  }

  private WorkerWorld.Worker inferring(String name, Mortal mortal) throws InterruptedException {
    CountDownLatch inferring = new CountDownLatch(1);
    WorkerWorld.Worker worker = holding(name, mortal, inferring);
    begun = worker.begin();
    assertThat(inferring.await(10, TimeUnit.SECONDS)).isTrue();
    return worker;
  }

  private Future<Void> begun = Future.succeededFuture();

  /** Waits until the record is at this version. */
  private void awaitVersion(Job job, long version) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (world.job(job.id()).version() < version) {
      assertThat(System.nanoTime())
          .as("the record is still older than %d", version)
          .isLessThan(until);
      Thread.onSpinWait();
    }
  }

  @Test
  void anAttemptThatHasDoneNothingSaysNothing() throws Exception {
    Job job = world.submit(TEXTS);
    WorkerWorld.Worker worker = inferring("w", new Mortal());
    long version = world.job(job.id()).version();
    for (int second = 0; second < 5; second++) {
      world.clock.advance(Duration.ofSeconds(1));
      worker.thread.submit(() -> {}).get();
    }
    assertThat(world.job(job.id()).version()).isEqualTo(version);
    assertGoesOnToItsEnd(job);
  }

  /** A turn's own write comes a moment after it, so the next turn finds it a moment too young. */
  @Test
  void aRecordThatNothingElseWritesIsRenewedAtEveryTurn() throws Exception {
    Job job = world.submit(TEXTS);
    WorkerWorld.Worker worker = inferring("w", new Mortal());
    for (int turn = 1; turn <= 6; turn++) {
      long version = world.job(job.id()).version();
      world.clock.advance(TURN.minusSeconds(2));
      worker.keepLeases();
      awaitVersion(job, version + 1);
    }
    assertGoesOnToItsEnd(job);
  }

  @Test
  void aClaimWhoseReplyWasLongOnItsWayIsRenewedAtTheFirstTurn() throws Exception {
    Job job = world.submit(TEXTS);
    Mortal mortal = new Mortal().hold("JobStore.replace", 1);
    CountDownLatch inferring = new CountDownLatch(1);
    WorkerWorld.Worker worker = holding("w", mortal, inferring);
    begun = worker.begin();
    mortal.awaitStruck();
    world.clock.advance(Duration.ofSeconds(12));
    mortal.release();
    assertThat(inferring.await(10, TimeUnit.SECONDS)).isTrue();

    long version = world.job(job.id()).version();
    worker.keepLeases();
    awaitVersion(job, version + 1);
    assertGoesOnToItsEnd(job);
  }

  @Test
  void anAttemptThatHasLostItsMessageGoesOnWhileTheRecordIsItsOwn() throws Exception {
    Job job = world.submit(TEXTS);
    Mortal mortal = new Mortal();
    for (int call = 1; call <= 4; call++) {
      mortal.fail("JobQueue.extend", call);
    }
    WorkerWorld.Worker first = inferring("first", mortal);
    Future<Void> done = begun;
    for (int turn = 1; turn <= 4; turn++) {
      long version = world.job(job.id()).version();
      world.clock.advance(TURN);
      first.keepLeases();
      awaitVersion(job, version + 1);
    }
    WorkerWorld.Worker second = world.worker("second");
    second.work();
    assertThat(second.engine.batches).as("it finds the job busy").isEmpty();
    assertThat(second.mortal.calls).contains("JobQueue.release");

    go.countDown();
    await(done);
    Job complete = world.job(job.id());
    assertThat(complete.state()).isEqualTo(JobState.COMPLETE);
    assertThat(complete.attempts()).hasSize(1);
    assertThat(complete.spent()).isEqualTo(Job.Spent.NOTHING);
    assertThat(first.engine.batches).hasSize(3);

    world.clock.advance(LEASE);
    second.work();
    world.assertComplete(job, TEXTS);
    assertThat(second.engine.batches).isEmpty();
  }

  @Test
  void anAttemptThatIsFencedOutStopsAtItsNextRenewalAndSaysSo() throws Exception {
    Job job = world.submit(TEXTS);
    WorkerWorld.Worker zombie = inferring("zombie", new Mortal());
    Future<Void> zombieDone = begun;
    world.clock.advance(LEASE.plusSeconds(1));
    inferring("second", new Mortal());
    Future<Void> secondDone = begun;
    Job taken = world.job(job.id());
    assertThat(taken.attempts().get(0).outcome()).isEqualTo(Job.Outcome.LOST);

    zombie.keepLeases();
    await(zombieDone);
    awaitVersion(job, taken.version() + 1);

    Job noted = world.job(job.id());
    Job.Attempt first = noted.attempts().get(0);
    assertThat(first.outcome()).isEqualTo(Job.Outcome.FENCED_OUT);
    assertThat(first.ended()).isEqualTo(world.clock.instant());
    assertThat(noted.attempts().get(1)).isEqualTo(taken.attempts().get(1));
    assertThat(noted.lease()).isEqualTo(taken.lease());
    assertThat(noted.wakeAt()).isEqualTo(taken.wakeAt());
    assertThat(zombie.mortal.calls).doesNotContain("JobQueue.ack", "JobQueue.release");
    assertThat(world.messages()).isEqualTo(new Messages(0, 1));

    go.countDown();
    await(secondDone);
    world.assertComplete(job, TEXTS);
  }

  private void assertGoesOnToItsEnd(Job job) {
    go.countDown();
    await(begun);
    world.assertComplete(job, TEXTS);
  }
}
