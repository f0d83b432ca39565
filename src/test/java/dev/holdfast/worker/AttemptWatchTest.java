package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.LEASE;
import static dev.holdfast.worker.WorkerWorld.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Claim;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** News of a job's end: early, old, and wrong. */
@Timeout(60)
class AttemptWatchTest {

  @TempDir Path directory;
  private WorkerWorld world;
  private final Mortal mortal = new Mortal();
  private final Promise<Throwable> stopped = Promise.promise();
  private JobRecords records;

  @BeforeEach
  void open() throws Exception {
    world = new WorkerWorld(directory);
    records =
        new JobRecords(
            mortal.wrap(JobStore.class, world.embedded.store()),
            world.embedded.events(),
            world.clock);
  }

  @AfterEach
  void close() {
    world.close();
  }

  private AttemptWatch watch(Job job) {
    return new AttemptWatch(job.id(), world.clock, new Loop(Runnable::run));
  }

  private AttemptRecord claimed(Job job) {
    Claimant by = new Claimant("w", Job.Place.UNKNOWN, "token", LEASE, Claimant.Company.NONE);
    Job claimed = ((Claim.Claimed) await(records.claim(job.id(), by))).job();
    return new AttemptRecord(records, claimed, "token", LEASE, world.clock, world.clock.nanos());
  }

  private int reads() {
    return (int) mortal.calls.stream().filter(call -> call.equals("JobStore.get")).count();
  }

  @Test
  void newsThatComeBeforeTheClaimsAnswerAreNotForgotten() {
    Job job = world.submit("a");
    AttemptWatch watch = watch(job);
    AttemptRecord record = claimed(job);
    watch.heard(JobEvent.of(await(world.intake().cancel(job.id()))));
    watch.attach(record, stopped::tryComplete);

    assertThat(await(stopped.future())).isInstanceOf(AttemptRecord.FencedOut.class);
  }

  @Test
  void oldNewsAreNotEvenLookedInto() {
    Job job = world.submit("a");
    Job cancelled = await(world.intake().cancel(job.id()));
    await(world.intake().retry(job.id()));
    AttemptWatch watch = watch(job);
    watch.attach(claimed(job), stopped::tryComplete);
    int before = reads();
    watch.heard(JobEvent.of(cancelled));

    assertThat(reads()).isEqualTo(before);
    assertThat(stopped.future().isComplete()).isFalse();
  }

  @Test
  void newsThatTheRecordDoesNotBearOutStopNothing() {
    Job job = world.submit("a");
    AttemptWatch watch = watch(job);
    AttemptRecord record = claimed(job);
    watch.attach(record, stopped::tryComplete);
    watch.heard(new JobEvent(job.id(), 999, JobState.CANCELLED, job.progress()));
    await(record.renewed());

    assertThat(reads()).isGreaterThan(1);
    assertThat(stopped.future().isComplete()).isFalse();
  }

  @Test
  void newsOfAnotherJobAreNobodysBusiness() {
    Job job = world.submit("a");
    AttemptWatch watch = watch(job);
    watch.attach(claimed(job), stopped::tryComplete);
    int before = reads();
    watch.heard(JobEvent.of(await(world.intake().cancel(world.submit("b").id()))));

    assertThat(reads()).isEqualTo(before);
  }

  @Test
  void aRecordThatCannotBeReadStopsNothing() {
    Job job = world.submit("a");
    AttemptWatch watch = watch(job);
    AttemptRecord record = claimed(job);
    watch.attach(record, stopped::tryComplete);
    mortal.die();
    Future<Job> lookedAt = record.look();
    watch.heard(JobEvent.of(await(world.intake().cancel(job.id()))));

    assertThat(lookedAt.isComplete()).isFalse();
    assertThat(stopped.future().isComplete()).isFalse();
  }
}
