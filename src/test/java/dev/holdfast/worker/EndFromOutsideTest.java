package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.LEASE;
import static dev.holdfast.worker.WorkerWorld.await;
import static dev.holdfast.worker.WorkerWorld.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobState;
import dev.holdfast.world.Messages;
import dev.holdfast.world.ScriptedEngine;
import dev.holdfast.world.Waits;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Jobs that are cancelled, or whose deadline passes, while a worker has them. The clock stands
 * still unless a test moves it, so whatever a worker notices it was told.
 */
@Timeout(60)
class EndFromOutsideTest {

  private static final String[] TEXTS = texts(12);

  @AutoClose private final WorkerWorld world;
  private final CountDownLatch inferring = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);

  EndFromOutsideTest(@TempDir Path directory) throws IOException {
    world = new WorkerWorld(directory);
  }

  @AfterEach
  void letGo() {
    go.countDown();
  }

  /** An engine that stays in its first batch until the test lets it go. */
  private ScriptedEngine held() {
    ScriptedEngine engine = new ScriptedEngine();
    engine.beforeBatch(
        batch -> {
          inferring.countDown();
          Waits.until(go);
        });
    return engine;
  }

  private void assertReleased(Job ended) {
    Job now = world.job(ended.id());
    assertThat(now).as("nobody writes it any more").isEqualTo(ended);
    assertThat(now.lease()).isNull();
    assertThat(world.messages()).isEqualTo(new Messages(0, 0));
  }

  @Test
  void aCancelledJobIsLetGoOfBeforeItsBatchEndsAndTheNextIsNeverBegun() throws Exception {
    Job job = world.submit(TEXTS);
    WorkerWorld.Worker worker = world.worker("w", new Mortal(), held());
    Future<Void> done = worker.begin();
    assertThat(inferring.await(10, TimeUnit.SECONDS)).isTrue();

    Job cancelled = await(world.intake().cancel(job.id()));
    await(done);
    assertReleased(cancelled);
    assertThat(cancelled.attempts().get(0).outcome()).isEqualTo(Job.Outcome.CANCELLED);

    Job other = world.submit("another");
    Future<Void> otherDone = worker.begin();
    go.countDown();
    await(otherDone);
    assertThat(world.job(other.id()).state()).isEqualTo(JobState.COMPLETE);
    assertThat(worker.engine.batches).hasSize(2);
    assertThat(worker.engine.batches.get(1)).containsExactly("another");
    assertThat(worker.serving.gate().items()).as("each item leaves the gate once").isZero();
    assertReleased(cancelled);
  }

  @Test
  void aCancelWhileAPartIsUploadedDoesNotWaitForIt() throws Exception {
    Job job = world.submit(TEXTS);
    Mortal mortal = new Mortal().hold("ObjectStore.create", 1);
    Future<Void> done = world.worker("w", mortal, new ScriptedEngine()).begin();
    mortal.awaitStruck();

    Job cancelled = await(world.intake().cancel(job.id()));
    await(done);
    assertReleased(cancelled);

    mortal.release();
    Job other = world.submit("another");
    world.worker("next").work();
    assertThat(world.job(other.id()).state()).isEqualTo(JobState.COMPLETE);
    assertReleased(cancelled);
  }

  @Test
  void aCancelWhileTheLastPartIsUploadedWins() throws Exception {
    Job job = world.submit("only");
    Mortal mortal = new Mortal().hold("ObjectStore.create", 1);
    Future<Void> done = world.worker("w", mortal, new ScriptedEngine()).begin();
    mortal.awaitStruck();

    Job cancelled = await(world.intake().cancel(job.id()));
    await(done);
    mortal.release();
    assertReleased(cancelled);
  }

  @Test
  void aCancelWhileTheJobIsBeingClaimedWinsAndCostsNoInference() throws Exception {
    for (String call : List.of("JobStore.get", "JobStore.replace")) {
      Job job = world.submit(TEXTS);
      Mortal mortal = new Mortal().hold(call, 1);
      WorkerWorld.Worker worker = world.worker("w", mortal, new ScriptedEngine());
      Future<Void> done = worker.begin();
      mortal.awaitStruck();
      Job cancelled = await(world.intake().cancel(job.id()));
      mortal.release();
      await(done);

      assertReleased(cancelled);
      assertThat(cancelled.attempts()).isEmpty();
      assertThat(worker.engine.batches).isEmpty();
    }
  }

  /** Leaves a job as one whose worker died over it. */
  private Job suspect() throws Exception {
    Job suspect = world.submit("innocent");
    Mortal mortal = new Mortal().dieAfter("JobStore.replace", 1);
    world.worker("first", mortal, new ScriptedEngine()).begin();
    mortal.awaitStruck();
    world.clock.advance(LEASE.plusSeconds(1));
    return suspect;
  }

  @Test
  void cancelsWhileASuspectWaitsForItsTurn() throws Exception {
    Job suspect = suspect();
    Job large = world.submit(texts(40));
    ScriptedEngine engine = held();
    WorkerWorld.Worker worker = world.worker("second", new Mortal(), engine);
    List<Future<Void>> begun = worker.beginAll();
    assertThat(inferring.await(10, TimeUnit.SECONDS)).isTrue();

    Job cancelledSuspect = await(world.intake().cancel(suspect.id()));
    Job cancelledLarge = await(world.intake().cancel(large.id()));
    for (Future<Void> done : begun) {
      await(done);
    }

    assertReleased(cancelledLarge);
    assertReleased(cancelledSuspect);
    assertThat(engine.batches).as("only the batch that was under way").isEmpty();
  }

  @Test
  void aJobEndsAtItsDeadline() throws Exception {
    Instant deadline = world.clock.instant().plusSeconds(10);
    Job job = world.submit(deadline, TEXTS);
    Future<Void> done = world.worker("w", new Mortal(), held()).begin();
    assertThat(inferring.await(10, TimeUnit.SECONDS)).isTrue();
    world.clock.advance(Duration.ofSeconds(9));
    assertThat(world.job(job.id()).state()).isEqualTo(JobState.PROCESSING);

    world.clock.advance(Duration.ofSeconds(2));
    await(done);
    Job failed = world.job(job.id());
    assertThat(failed.state()).isEqualTo(JobState.FAILED);
    assertThat(Objects.requireNonNull(failed.error()).code()).isEqualTo("deadline_exceeded");
    assertThat(failed.spent()).as("no failure of the job's").isEqualTo(Job.Spent.NOTHING);
    assertReleased(failed);
    assertThat(await(world.embedded.queue().deadLetters(10)))
        .extracting(JobQueue.DeadLetter::job)
        .containsExactly(job.id());
  }

  @Test
  void aJobThatIsDeliveredAfterItsDeadlineIsNotBegun() throws Exception {
    Job job = world.submit(world.clock.instant().plusSeconds(10), TEXTS);
    world.clock.advance(Duration.ofSeconds(10));
    WorkerWorld.Worker worker = world.worker("w");
    worker.work();

    Job failed = world.job(job.id());
    assertThat(Objects.requireNonNull(failed.error()).code()).isEqualTo("deadline_exceeded");
    assertThat(failed.attempts()).isEmpty();
    assertThat(worker.engine.batches).isEmpty();
    assertReleased(failed);
  }

  @Test
  void aJobThatIsDoneBeforeItsDeadlineStaysComplete() throws Exception {
    Job job = world.submit(world.clock.instant().plusSeconds(10), TEXTS);
    world.worker("w").work();
    world.clock.advance(Duration.ofSeconds(20));
    world.assertComplete(job, TEXTS);
  }
}
