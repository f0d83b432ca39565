package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static dev.holdfast.contract.Futures.failure;
import static dev.holdfast.contract.Jobs.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.api.gax.rpc.StatusCode.Code;
import dev.holdfast.contract.Jobs;
import dev.holdfast.gcp.RpcFaults.Fault;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore.Created;
import dev.holdfast.job.JobStore.Query;
import dev.holdfast.world.OnEmulators;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@OnEmulators
class FirestoreFaultsTest {

  private static final String COMMIT = "Commit";
  private static final String READ = "BatchGetDocuments";
  private static final String QUERY = "RunQuery";
  private static final String COUNT = "RunAggregationQuery";

  /** More than a call is ever tried. */
  private static final int FOR_GOOD = 50;

  private static final Duration BOUND = Duration.ofSeconds(6);

  private FirestoreWorld world;

  @BeforeEach
  void open() {
    world = new FirestoreWorld();
  }

  @AfterEach
  void close() throws Exception {
    world.close();
  }

  /**
   * @param counted how many times the call asks, since it asks for each state by itself
   */
  private record Call(String rpc, Supplier<Future<?>> call, int counted) {
    Call(String rpc, Supplier<Future<?>> call) {
      this(rpc, call, 1);
    }
  }

  /** A record that the store has just created or read, so that it knows its update time. */
  private Job known() {
    Job job = Jobs.queued(NOON);
    await(world.store.create(job));
    return job;
  }

  private Map<String, Call> calls() {
    Job job = known();
    Job doomed = known();
    return Map.of(
        "create", new Call(COMMIT, () -> world.store.create(Jobs.queued(NOON))),
        "replace",
            new Call(COMMIT, () -> world.store.replace(job, Jobs.next(job, JobState.PROCESSING))),
        "delete", new Call(COMMIT, () -> world.store.delete(doomed)),
        "get", new Call(READ, () -> world.store.get(job.id())),
        "list", new Call(QUERY, () -> world.store.list(new Query(null, null, null, 10, null))),
        "due", new Call(QUERY, () -> world.store.due(NOON, 10)),
        "counts", new Call(COUNT, () -> world.store.counts(), JobState.values().length),
        "backlog", new Call(COUNT, () -> world.store.backlog(), 3),
        "waitingSince", new Call(QUERY, () -> world.store.waitingSince()));
  }

  private interface Check {
    void run(Call call);
  }

  private Stream<DynamicTest> each(Check check) {
    return calls().entrySet().stream()
        .map(
            call ->
                DynamicTest.dynamicTest(
                    call.getKey(),
                    () -> {
                      world.faults.reset();
                      check.run(call.getValue());
                    }));
  }

  @TestFactory
  Stream<DynamicTest> oneThatNeverArrivedIsRepeated() {
    return each(
        call -> {
          world.faults.next(call.rpc(), Fault.UNAVAILABLE, 2);
          Object answer = await(call.call().get(), BOUND);
          assertThat(answer).isNotEqualTo(false);
          assertThat(tries(call)).isGreaterThan(2);
        });
  }

  @TestFactory
  Stream<DynamicTest> anOutageEndsInAReadableFailureWithinTheBound() {
    return each(
        call -> {
          world.faults.next(call.rpc(), Fault.UNAVAILABLE, FOR_GOOD);
          assertUnknown(call.call().get(), Code.UNAVAILABLE, "cannot be reached");
          int tries = tries(call);
          assertThat(tries).isBetween(2, call.rpc().equals(COUNT) ? 36 : 6);
        });
  }

  /** All at once, because each takes its seconds. */
  private Map<Call, Future<?>> stalled(int times) {
    Map<Call, Future<?>> answers = new HashMap<>();
    List<Call> calls = List.copyOf(calls().values());
    world.faults.reset();
    calls.forEach(call -> world.faults.next(call.rpc(), Fault.STALL, times));
    calls.forEach(call -> answers.put(call, call.call().get()));
    await(Future.join(List.copyOf(answers.values())).otherwiseEmpty(), BOUND);
    return answers;
  }

  @Test
  void oneStallOfAReadIsOutlivedAndOneOfAWriteIsTold() {
    stalled(1)
        .forEach(
            (call, answer) -> {
              if (call.rpc().equals(COMMIT)) {
                // whether it was applied is not known, so it is the caller who looks
                assertUnknown(answer, Code.DEADLINE_EXCEEDED, "no answer in time");
              } else {
                assertThat(answer.succeeded()).isTrue();
              }
              assertThat(tries(call)).isGreaterThan(0);
            });
  }

  @Test
  void nothingHangsWhileEverythingStalls() {
    stalled(FOR_GOOD)
        .values()
        .forEach(answer -> assertUnknown(answer, Code.DEADLINE_EXCEEDED, "no answer in time"));
  }

  @TestFactory
  Stream<DynamicTest> aMissingRoleIsNamedAtOnce() {
    return each(
        call -> {
          world.faults.next(call.rpc(), Fault.DENIED, FOR_GOOD);
          assertUnknown(call.call().get(), Code.PERMISSION_DENIED, "roles/datastore.user");
          assertThat(tries(call)).as("not tried again").isEqualTo(call.counted());
        });
  }

  private int tries(Call call) {
    return world.faults.calls().getOrDefault(call.rpc(), 0);
  }

  private static void assertUnknown(Future<?> answer, Code code, String words) {
    long began = System.nanoTime();
    Throwable failure = failure(answer);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(BOUND);
    assertThat(failure).isNotInstanceOf(JobException.class);
    assertThat(failure).hasMessageStartingWith("Firestore could not ").hasMessageContaining(words);
    assertThat(CallFailure.code(failure)).isEqualTo(code);
  }

  @Test
  void aReadWhoseReplyIsLostIsRepeated() {
    Map<String, Call> calls = calls();
    for (String read : List.of("get", "list", "due", "waitingSince", "counts")) {
      Call call = Objects.requireNonNull(calls.get(read));
      world.faults.reset();
      world.faults.next(call.rpc(), Fault.LOSE_REPLY, 1);
      assertThat(await(call.call().get(), BOUND)).as(read).isNotNull();
      assertThat(tries(call)).as(read).isGreaterThan(1);
    }
  }

  @Test
  void aCreateWhoseReplyIsLostIsStillNew() {
    Job job = Jobs.queued(NOON);
    world.faults.next(COMMIT, Fault.LOSE_REPLY, 1);
    assertThat(await(world.store.create(job))).isEqualTo(new Created(job, true));
    assertThat(world.faults.calls()).isEqualTo(Map.of(COMMIT, 2, READ, 1));
    assertThat(world.stored(job.id())).contains(job);
    assertThat(world.writtenOnce(job.id())).isTrue();
  }

  @Test
  void aReplaceWhoseReplyIsLostIsStillTrueAndNotDoneTwice() {
    Job job = known();
    Job next = Jobs.next(job, JobState.PROCESSING);
    world.faults.reset();
    world.faults.next(COMMIT, Fault.LOSE_REPLY, 1);
    assertThat(await(world.store.replace(job, next))).isTrue();
    assertThat(world.faults.calls()).isEqualTo(Map.of(COMMIT, 2, READ, 1));
    assertThat(world.stored(job.id())).contains(next);
    world.faults.reset();
    assertThat(await(world.store.replace(next, Jobs.next(next, JobState.COMPLETE)))).isTrue();
    assertThat(world.faults.calls()).as("it knows its own write").isEqualTo(Map.of(COMMIT, 1));
  }

  @Test
  void aDeleteWhoseReplyIsLostLeavesNothing() {
    Job job = known();
    world.faults.next(COMMIT, Fault.LOSE_REPLY, 1);
    assertThat(await(world.store.delete(job))).as("it bears no token").isFalse();
    assertThat(world.stored(job.id())).isEmpty();
  }

  @Test
  void whenEveryReplyIsLostTheCallerFindsOutByReading() {
    Job job = Jobs.queued(NOON);
    world.faults.next(COMMIT, Fault.LOSE_REPLY, FOR_GOOD);
    assertUnknown(world.store.create(job), Code.UNAVAILABLE, "cannot be reached");
    world.faults.reset();
    assertThat(await(world.store.create(job))).isEqualTo(new Created(job, false));
    assertThat(world.writtenOnce(job.id())).isTrue();
    Job next = Jobs.next(job, JobState.PROCESSING);
    world.faults.next(COMMIT, Fault.LOSE_REPLY, 1);
    world.faults.next(COMMIT, Fault.UNAVAILABLE, FOR_GOOD);
    assertUnknown(world.store.replace(job, next), Code.UNAVAILABLE, "cannot be reached");
    world.faults.reset();
    assertThat(await(world.store.replace(job, next))).isFalse();
    assertThat(await(world.store.get(job.id()))).contains(next);
    assertThat(await(world.store.replace(next, Jobs.next(next, JobState.COMPLETE)))).isTrue();
  }

  @Test
  void aConflictThatTheMemoryDoesNotKnowOfIsFalse() {
    Job job = known();
    await(world.another.replace(job, Jobs.next(job, JobState.CANCELLED)));
    world.faults.reset();
    assertThat(await(world.store.replace(job, Jobs.next(job, JobState.PROCESSING)))).isFalse();
    assertThat(world.faults.calls())
        .as("it believed its memory, was refused, and looked")
        .isEqualTo(Map.of(COMMIT, 1, READ, 1));
    assertThat(world.stored(job.id()).orElseThrow().state()).isEqualTo(JobState.CANCELLED);
    assertThat(await(world.store.delete(job))).isFalse();
    assertThat(world.stored(job.id())).isPresent();
  }

  @Test
  void aMemoryOfAnEarlierDocumentOfThatNameDoesNoHarm() {
    Job job = known();
    await(world.another.delete(job));
    await(world.another.create(job));
    world.faults.reset();
    Job next = Jobs.next(job, JobState.PROCESSING);
    assertThat(await(world.store.replace(job, next))).isTrue();
    assertThat(world.faults.calls()).isEqualTo(Map.of(COMMIT, 2, READ, 1));
    assertThat(world.stored(job.id())).contains(next);
  }
}
