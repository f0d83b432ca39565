package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.LEASE;
import static dev.holdfast.worker.WorkerWorld.await;
import static dev.holdfast.worker.WorkerWorld.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.Reconciler;
import dev.holdfast.job.RowEncoding;
import dev.holdfast.world.ScriptedEngine;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A worker dies between two effects; another takes over after the lease. Method: the first worker's
 * calls stop reaching anything at the chosen point, the clock is moved past the lease, a second
 * worker pulls the redelivered message, and the result is read from the outside.
 */
@Timeout(60)
class FailureWindowsTest {

  private static final String[] TEXTS = texts(10);

  @AutoClose private final WorkerWorld world;

  FailureWindowsTest(@TempDir Path directory) throws IOException {
    world = new WorkerWorld(directory);
  }

  private WorkerWorld.Worker killed(Mortal mortal) throws InterruptedException {
    WorkerWorld.Worker first = world.worker("first", mortal, new ScriptedEngine());
    first.begin();
    mortal.awaitStruck();
    world.clock.advance(LEASE.plusSeconds(1));
    return first;
  }

  @Test
  void anUndisturbedJobTouchesEverythingOnceAndInOrder() {
    Job job = world.submit(TEXTS);
    WorkerWorld.Worker worker = world.worker("first");
    worker.work();

    world.assertComplete(job, TEXTS);
    assertThat(worker.mortal.calls)
        .filteredOn(call -> !call.startsWith("JobStore.get") && !call.equals("JobQueue.pull"))
        .containsExactly(
            "JobStore.replace",
            "JobEvents.publish",
            "ObjectStore.create",
            "JobStore.replace",
            "JobEvents.publish",
            "ObjectStore.create",
            "JobStore.replace",
            "JobEvents.publish",
            "ObjectStore.create",
            "JobStore.replace",
            "JobEvents.publish",
            "JobQueue.ack");
    assertThat(world.job(job.id()).attempts()).hasSize(1);
  }

  @Test
  void diesBeforeTheFirstPart() throws Exception {
    Job job = world.submit(TEXTS);
    killed(new Mortal().dieBefore("ObjectStore.create", 1));
    WorkerWorld.Worker second = world.worker("second");
    second.work();

    world.assertComplete(job, TEXTS);
    Job after = world.job(job.id());
    assertThat(after.attempts().get(0).outcome()).isEqualTo(Job.Outcome.LOST);
    assertThat(after.attempts().get(1).resumedAt()).isZero();
    assertThat(after.spent().failures()).isZero();
  }

  @Test
  void diesAfterThePartBeforeTheRecordAndThePartIsAdopted() throws Exception {
    Job job = world.submit(TEXTS);
    killed(new Mortal().dieAfter("ObjectStore.create", 2));
    WorkerWorld.Worker second = world.worker("second");
    second.work();

    world.assertComplete(job, TEXTS);
    assertThat(second.engine.batches.stream().flatMap(List::stream))
        .as("items 0 to 7 are in parts already")
        .containsExactlyInAnyOrder("text 8", "text 9");
  }

  @Test
  void diesAfterTheLastPartBeforeTheRecordAndNothingIsComputedAgain() throws Exception {
    Job job = world.submit(TEXTS);
    killed(new Mortal().dieAfter("ObjectStore.create", 3));
    WorkerWorld.Worker second = world.worker("second");
    second.work();

    world.assertComplete(job, TEXTS);
    assertThat(second.engine.batches).isEmpty();
  }

  @Test
  void diesAfterTheRecordBeforeTheEvent() throws Exception {
    Job job = world.submit(TEXTS);
    killed(new Mortal().dieBefore("JobEvents.publish", 4));
    assertThat(world.job(job.id()).state()).isEqualTo(JobState.COMPLETE);
    WorkerWorld.Worker second = world.worker("second");
    second.work();

    world.assertComplete(job, TEXTS);
    assertThat(second.engine.batches).as("a duplicate costs no inference").isEmpty();
  }

  @Test
  void diesAfterTheEventBeforeTheAck() throws Exception {
    Job job = world.submit(TEXTS);
    killed(new Mortal().dieBefore("JobQueue.ack", 1));
    WorkerWorld.Worker second = world.worker("second");
    second.work();

    world.assertComplete(job, TEXTS);
    assertThat(second.engine.batches).isEmpty();
    assertThat(second.mortal.calls).contains("JobQueue.ack").doesNotContain("JobStore.replace");
  }

  @Test
  void aZombieThatWakesUpAfterTheTakeOverIsFencedOutAndSettlesNothing() throws Exception {
    Job job = world.submit(TEXTS);
    Mortal undead = new Mortal().hold("JobStore.replace", 2);
    WorkerWorld.Worker zombie = world.worker("zombie", undead, new ScriptedEngine());
    Future<Void> zombieDone = zombie.begin();
    undead.awaitStruck();
    world.clock.advance(LEASE.plusSeconds(1));
    world.worker("second").work();
    world.assertComplete(job, TEXTS);
    Job settled = world.job(job.id());

    undead.release();
    await(zombieDone);

    assertThat(world.job(job.id())).as("the zombie wrote nothing").isEqualTo(settled);
    world.assertComplete(job, TEXTS);
  }

  @Test
  void aZombiesLatePartIsHarmless() throws Exception {
    Job job = world.submit(TEXTS);
    // its next write, too, or a word of progress may be quicker than the second worker's claim
    Mortal undead = new Mortal().hold("ObjectStore.create", 2).hold("JobStore.replace", 3);
    WorkerWorld.Worker zombie = world.worker("zombie", undead, new ScriptedEngine());
    Future<Void> zombieDone = zombie.begin();
    undead.awaitStruck();
    world.clock.advance(LEASE.plusSeconds(1));

    Mortal slow = new Mortal().hold("ObjectStore.create", 1);
    WorkerWorld.Worker second = world.worker("second", slow, new ScriptedEngine());
    Future<Void> secondDone = second.begin();
    slow.awaitStruck();
    undead.release();
    await(zombieDone);
    slow.release();
    await(secondDone);

    world.assertComplete(job, TEXTS);
    assertThat(undead.calls).doesNotContain("JobQueue.ack", "JobQueue.release");
  }

  @Test
  void aZombiesShorterPartIsAdoptedAndTheRestFollows() throws Exception {
    Job job = world.submit(TEXTS);
    killed(new Mortal().dieBefore("ObjectStore.create", 1));
    Mortal late = new Mortal().hold("ObjectStore.create", 1);
    WorkerWorld.Worker second = world.worker("second", late, new ScriptedEngine());
    Future<Void> done = second.begin();
    late.awaitStruck();
    leaveAShorterPart(job);
    late.release();
    await(done);

    world.assertComplete(job, TEXTS);
    assertThat(world.job(job.id()).checkpoint().parts()).isGreaterThan(3);
  }

  private void leaveAShorterPart(Job job) {
    Span shorter = new Span(Job.Checkpoint.START, world.clock);
    Window window =
        new Window(
            List.of(new Line(0, 1, 18, "{\"text\":\"text 0\"}", null)),
            RowEncoding.JSON,
            settled -> {});
    assertThat(window.parse(0, ScriptedEngine.spec(1, 1).kind())).isNotNull();
    window.settle(0, new InferenceEngine.Embedding(ScriptedEngine.vector("text 0")));
    window.render();
    shorter.add(window.future().result());
    await(
        world
            .embedded
            .objects()
            .create(job.partKey(0), shorter.content(), shorter.metadata("digest-1", false)));
  }

  @Test
  void aZombieOfTheFirstClaimAdoptsThePartInItsWayInsteadOfMakingItAgainForEver() throws Exception {
    Job job = world.submit(TEXTS);
    Mortal late = new Mortal().hold("ObjectStore.create", 1);
    WorkerWorld.Worker first = world.worker("first", late, new ScriptedEngine());
    Future<Void> done = first.begin();
    late.awaitStruck();
    leaveAShorterPart(job);
    late.release();
    await(done);

    world.assertComplete(job, TEXTS);
  }

  @Test
  void aWriteWhoseReplyIsLostIsRecognisedAsItsOwn() throws Exception {
    Job job = world.submit(TEXTS);
    JobStore real = world.embedded.store();
    Mortal deaf = new Mortal().fail("JobStore.replace", 2).fail("JobStore.replace", 4);
    WorkerWorld.Worker worker = world.worker("deaf", deaf, new ScriptedEngine());
    Future<Void> done = worker.begin();
    deaf.awaitStruck();
    world.clock.runUntil(done);
    await(done);
    world.assertComplete(job, TEXTS);
    assertThat(await(real.get(job.id())).orElseThrow().attempts()).hasSize(1);
  }

  @Test
  void aJobWhosePublishWasLostIsFoundByTheReconciler() {
    Mortal intakeMortal = new Mortal().fail("JobQueue.publish", 1);
    JobRecords records =
        new JobRecords(world.embedded.store(), world.embedded.events(), world.clock);
    JobIntake intake =
        new JobIntake(
            world.embedded.store(),
            intakeMortal.wrap(world.embedded.queue()),
            records,
            world.clock);
    JobSpec spec =
        new JobSpec("scripted", new JobSpec.Inline("\"a\"\n", 1), Map.of(), 3, null, null);
    Job job = await(intake.submit(JobId.random(), spec)).job();
    assertThat(world.messages().waiting()).isZero();

    try (Reconciler reconciler =
        new Reconciler(
            world.embedded.store(),
            world.embedded.queue(),
            world.embedded.objects(),
            records,
            world.clock,
            (what, why) -> {
              throw new AssertionError(what, why);
            })) {
      assertThat(await(reconciler.reconcile())).as("not due yet").isZero();
      world.clock.advance(Duration.ofSeconds(61));
      assertThat(await(reconciler.reconcile())).isEqualTo(1);
      assertThat(await(reconciler.reconcile())).as("looked after").isZero();
    }
    world.worker("first").work();
    world.assertComplete(job, "a");
  }
}
