package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static dev.holdfast.contract.Futures.refusal;
import static dev.holdfast.contract.Jobs.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.Timestamp;
import com.google.cloud.firestore.DocumentSnapshot;
import dev.holdfast.contract.Jobs;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore.Created;
import dev.holdfast.world.OnEmulators;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How many calls a job costs, how many at once the client bears, and what a document holds. */
@OnEmulators
class FirestoreTrafficTest {

  private FirestoreWorld world;

  @BeforeEach
  void open() {
    world = new FirestoreWorld();
  }

  @AfterEach
  void close() throws Exception {
    world.close();
  }

  @Test
  void aSmallJobCostsOneReadAndThreeWrites() {
    Job job = Jobs.queued(NOON);
    await(world.another.create(job));
    Job read = await(world.store.get(job.id())).orElseThrow();
    Job claimed = Jobs.next(read, JobState.PROCESSING);
    assertThat(await(world.store.replace(read, claimed))).isTrue();
    assertThat(await(world.store.replace(claimed, Jobs.next(claimed, JobState.COMPLETE)))).isTrue();
    assertThat(world.faults.calls())
        .as("a worker's, after the api's one Commit")
        .isEqualTo(Map.of("BatchGetDocuments", 1, "Commit", 2));
  }

  @Test
  void onOneInstanceNothingIsRead() {
    Job job = Jobs.queued(NOON);
    await(world.store.create(job));
    Job claimed = Jobs.next(job, JobState.PROCESSING);
    assertThat(await(world.store.replace(job, claimed))).isTrue();
    Job done = Jobs.next(claimed, JobState.COMPLETE);
    assertThat(await(world.store.replace(claimed, done))).isTrue();
    assertThat(await(world.store.delete(done))).isTrue();
    assertThat(world.faults.calls()).isEqualTo(Map.of("Commit", 4));
  }

  @Test
  void whatIsDueIsChangedWithoutAnotherRead() {
    Job job = Jobs.queued(NOON);
    await(world.another.create(job));
    Job due = await(world.store.due(NOON.plusSeconds(60), 10)).get(0);
    assertThat(await(world.store.replace(due, Jobs.next(due, JobState.QUEUED)))).isTrue();
    assertThat(world.faults.calls()).isEqualTo(Map.of("RunQuery", 1, "Commit", 1));
  }

  @Test
  void aBurstOfCreatesAndGetsIsBorne() {
    List<Job> jobs = IntStream.range(0, 200).mapToObj(i -> Jobs.queued(NOON)).toList();
    List<Future<Created>> creates = jobs.stream().map(world.store::create).toList();
    await(Future.all(creates));
    assertThat(creates).allSatisfy(create -> assertThat(create.result().isNew()).isTrue());
    List<Future<Optional<Job>>> gets =
        IntStream.range(0, 500).mapToObj(i -> world.store.get(jobs.get(i % 200).id())).toList();
    await(Future.all(gets));
    for (int i = 0; i < gets.size(); i++) {
      assertThat(gets.get(i).result()).contains(jobs.get(i % 200));
    }
  }

  @Test
  void answersComeOnTheCallersContext() {
    Vertx vertx = Vertx.vertx();
    try {
      Job job = Jobs.queued(NOON);
      Future<Boolean> same =
          Future.future(
              answered ->
                  vertx.runOnContext(
                      nothing -> {
                        Thread mine = Thread.currentThread();
                        world
                            .store
                            .create(job)
                            .compose(c -> world.store.replace(job, Jobs.next(job, JobState.QUEUED)))
                            .map(done -> Thread.currentThread() == mine)
                            .onComplete(answered);
                      }));
      assertThat(await(same)).isTrue();
    } finally {
      await(vertx.close());
    }
  }

  @Test
  void onlyAnEndedJobExpires() {
    Job job = Jobs.queued(NOON);
    await(world.store.create(job));
    assertThat(world.document(job.id()).get(JobDocument.EXPIRE_AT)).isNull();
    Job ended = Jobs.next(job, JobState.FAILED);
    await(world.store.replace(job, ended));
    DocumentSnapshot document = world.document(job.id());
    Timestamp wake = document.getTimestamp(JobDocument.WAKE_AT);
    Timestamp expiry = document.getTimestamp(JobDocument.EXPIRE_AT);
    assertThat(wake).isNotNull();
    assertThat(expiry).isNotNull();
    assertThat(expiry.getSeconds() - wake.getSeconds()).isEqualTo(86_400);
    await(world.store.replace(ended, Jobs.next(ended, JobState.QUEUED)));
    assertThat(world.document(job.id()).get(JobDocument.EXPIRE_AT)).as("redriven").isNull();
  }

  @Test
  void aRecordThatNoDocumentCanHoldIsRefusedInWords() {
    String lines = "\"%s\"%n".formatted("é".repeat(500_000));
    JobSpec spec = new JobSpec("m", new JobSpec.Inline(lines, 1), Map.of(), 3, null, null);
    Job large = Jobs.queued(spec, NOON);
    assertThat(refusal(world.store.create(large), JobError.BODY_TOO_LARGE))
        .hasMessageContaining("input object");
    refusal(
        world.store.replace(large, Jobs.next(large, JobState.PROCESSING)), JobError.BODY_TOO_LARGE);
    assertThat(world.faults.calls()).isEmpty();
  }

  @Test
  void theLargestRecordFits() {
    String lines = "\"%s\"%n".formatted("x".repeat(JobDocument.NEW_BYTES_MAX - 1_000));
    Job job =
        Jobs.queued(new JobSpec("m", new JobSpec.Inline(lines, 1), Map.of(), 3, null, null), NOON);
    assertThat(await(world.store.create(job)).isNew()).isTrue();
    assertThat(world.stored(job.id())).contains(job);
  }
}
