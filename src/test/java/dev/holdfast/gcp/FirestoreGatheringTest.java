package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static dev.holdfast.contract.Futures.failure;
import static dev.holdfast.contract.Jobs.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.api.gax.rpc.StatusCode.Code;
import com.google.cloud.firestore.Firestore;
import dev.holdfast.contract.Jobs;
import dev.holdfast.gcp.RpcFaults.Fault;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.JobStore.Created;
import dev.holdfast.world.GoogleEmulators;
import dev.holdfast.world.OnEmulators;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Under load many calls share an RPC, and nobody but the ledger can tell. */
@OnEmulators
class FirestoreGatheringTest {

  private static final String COMMIT = "Commit";
  private static final String BATCH_WRITE = "BatchWrite";
  private static final String READ = "BatchGetDocuments";

  private FirestoreWorld world;

  /** An emulator that has just started needs longer for its first calls than any may take. */
  @BeforeEach
  void open() {
    world = new FirestoreWorld();
    int tries = 0;
    boolean warm = false;
    while (!warm) {
      assertThat(++tries).as("times that the emulator did not answer").isLessThan(10);
      Future<Boolean> answered =
          Future.all(each(queued(20), world.another::create)).map(true).otherwise(false);
      warm = await(answered);
    }
  }

  @AfterEach
  void close() throws Exception {
    world.close();
  }

  private static List<Job> queued(int jobs) {
    return IntStream.range(0, jobs).mapToObj(i -> Jobs.queued(NOON)).toList();
  }

  private static <A, B> List<Future<B>> each(List<A> of, Function<A, Future<B>> call) {
    return of.stream().map(call).toList();
  }

  private static <T> List<T> answers(List<Future<T>> futures) {
    await(Future.all(futures));
    return futures.stream().map(Future::result).toList();
  }

  private int rpcs(String... methods) {
    int sum = 0;
    for (String method : methods) {
      sum += world.faults.calls().getOrDefault(method, 0);
    }
    return sum;
  }

  private static Job processing(Job job) {
    return Jobs.next(job, JobState.PROCESSING);
  }

  @Test
  void manyWritesAtOnceNeedFewCallsAndEachHearsItsOwnOutcome() {
    List<Job> there = queued(150);
    answers(each(there, world.another::create));
    List<Job> current = there.subList(0, 50);
    List<Job> stale = there.subList(50, 100);
    List<Job> untouched = there.subList(100, 150);
    answers(each(there.subList(0, 100), job -> world.store.get(job.id())));
    answers(each(stale, job -> world.another.replace(job, Jobs.next(job, JobState.CANCELLED))));
    List<Job> fresh = queued(50);
    world.faults.reset();

    long began = System.nanoTime();
    List<Future<Created>> news = new ArrayList<>();
    List<Future<Created>> doubles = new ArrayList<>();
    List<Future<Boolean>> replaced = new ArrayList<>();
    List<Future<Boolean>> refused = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      Job now = current.get(i);
      Job old = stale.get(i);
      news.add(world.store.create(fresh.get(i)));
      doubles.add(world.store.create(untouched.get(i)));
      replaced.add(world.store.replace(now, processing(now)));
      refused.add(world.store.replace(old, processing(old)));
    }
    assertThat(answers(news)).isEqualTo(fresh.stream().map(job -> new Created(job, true)).toList());
    assertThat(answers(doubles))
        .isEqualTo(untouched.stream().map(job -> new Created(job, false)).toList());
    assertThat(answers(replaced)).containsOnly(true);
    assertThat(answers(refused)).containsOnly(false);
    assertThat(rpcs(COMMIT, BATCH_WRITE))
        .as("for 200 writes")
        .isLessThanOrEqualTo(Pace.calls(GatheredWrites.LIMITS, 200, began));
    // what was not created and what was not replaced are asked for different fields
    assertThat(rpcs(READ))
        .as("for the 100 refused")
        .isLessThanOrEqualTo(2 * Pace.calls(GatheredReads.LIMITS, 50, began));
    for (int i = 0; i < 50; i++) {
      assertThat(world.writtenOnce(fresh.get(i).id())).isTrue();
      assertThat(world.stored(current.get(i).id())).contains(processing(current.get(i)));
      assertThat(world.stored(stale.get(i).id()).orElseThrow().state())
          .isEqualTo(JobState.CANCELLED);
    }
  }

  @Test
  void manyReadsAtOnceNeedFewCallsAndEachHearsOfItsOwnDocument() {
    List<Job> there = queued(100);
    answers(each(there, world.another::create));
    List<Job> asked = new ArrayList<>();
    for (Job job : there) {
      asked.add(job);
      asked.add(Jobs.queued(NOON));
    }
    long began = System.nanoTime();
    List<Optional<Job>> found = answers(each(asked, job -> world.store.get(job.id())));
    for (int i = 0; i < asked.size(); i++) {
      assertThat(found.get(i)).isEqualTo(i % 2 == 0 ? Optional.of(asked.get(i)) : Optional.empty());
    }
    int reads = rpcs(READ);
    assertThat(reads)
        .as("for 200 reads")
        .isLessThanOrEqualTo(Pace.calls(GatheredReads.LIMITS, 200, began));
    assertThat(answers(each(there, job -> world.store.replace(job, processing(job)))))
        .as("they brought the time of their document")
        .containsOnly(true);
    assertThat(rpcs(READ)).isEqualTo(reads);
  }

  @Test
  void everyDocumentIsStillPaidOnce() {
    RpcLedger ledger = new RpcLedger();
    Firestore firestore = FirestoreClient.open(GoogleEmulators.fresh(), List.of(ledger));
    try {
      JobStore store = new FirestoreJobStore(firestore);
      List<Job> jobs = queued(100);
      answers(each(jobs, store::create));
      answers(each(jobs, job -> store.get(job.id())));
      answers(each(jobs, job -> store.replace(job, processing(job))));
      assertThat(ledger.counts())
          .containsEntry(Operation.RECORD_WRITTEN, 200)
          .containsEntry(Operation.RECORD_READ, 100)
          .hasSize(2);
    } finally {
      firestore.shutdownNow();
    }
  }

  @Test
  void aReplyForManyThatIsLostIsFoundOutByEach() {
    List<Job> jobs = queued(40);
    world.faults.next(BATCH_WRITE, Fault.LOSE_REPLY, 1);
    assertThat(answers(each(jobs, world.store::create)))
        .isEqualTo(jobs.stream().map(job -> new Created(job, true)).toList());
    assertThat(rpcs(BATCH_WRITE)).isGreaterThan(1);
    assertThat(jobs).allSatisfy(job -> assertThat(world.writtenOnce(job.id())).isTrue());
    world.faults.next(BATCH_WRITE, Fault.LOSE_REPLY, 1);
    assertThat(answers(each(jobs, job -> world.store.replace(job, processing(job)))))
        .containsOnly(true);
  }

  @Test
  void aRefusalForManyIsToldToEachInWords() {
    List<Job> jobs = queued(40);
    world.faults.next(BATCH_WRITE, Fault.DENIED, 40);
    List<Future<Created>> creates = each(jobs, world.store::create);
    await(Future.join(creates).otherwiseEmpty());
    int denied = 0;
    for (int i = 0; i < jobs.size(); i++) {
      if (creates.get(i).failed()) {
        denied++;
        Throwable failure = failure(creates.get(i));
        assertThat(CallFailure.code(failure)).isEqualTo(Code.PERMISSION_DENIED);
        assertThat(failure).hasMessageContaining(jobs.get(i).id().value());
        assertThat(world.stored(jobs.get(i).id())).isEmpty();
      } else {
        assertThat(world.stored(jobs.get(i).id())).isPresent();
      }
    }
    assertThat(denied).isPositive();
  }
}
