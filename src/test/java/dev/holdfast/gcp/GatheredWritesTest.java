package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static dev.holdfast.contract.Futures.failure;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.api.core.ApiFuture;
import com.google.api.core.SettableApiFuture;
import com.google.api.gax.grpc.GrpcCallContext;
import com.google.api.gax.grpc.GrpcStatusCode;
import com.google.api.gax.rpc.ApiCallContext;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.ApiExceptionFactory;
import com.google.api.gax.rpc.StatusCode.Code;
import com.google.api.gax.rpc.UnaryCallable;
import com.google.firestore.v1.BatchWriteRequest;
import com.google.firestore.v1.BatchWriteResponse;
import com.google.firestore.v1.CommitRequest;
import com.google.firestore.v1.CommitResponse;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.Precondition;
import com.google.firestore.v1.Write;
import com.google.firestore.v1.WriteResult;
import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.grpc.Status;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Method: whatever follows some commits at once is gathered until the test lets time pass. */
class GatheredWritesTest {

  /** A callable whose calls the test answers by hand. */
  private static final class Script<A, B> extends UnaryCallable<A, B> {

    private final List<A> requests = new ArrayList<>();
    private final List<SettableApiFuture<B>> answers = new ArrayList<>();
    private final List<@Nullable ApiCallContext> contexts = new ArrayList<>();
    private boolean closed;

    void forget() {
      requests.clear();
      answers.clear();
      contexts.clear();
    }

    @Override
    public ApiFuture<B> futureCall(A request, @Nullable ApiCallContext context) {
      if (closed) {
        throw new IllegalStateException("closed");
      }
      requests.add(request);
      contexts.add(context);
      answers.add(SettableApiFuture.create());
      return answers.get(answers.size() - 1);
    }
  }

  private final HandTimers timers = new HandTimers();
  private final Script<CommitRequest, CommitResponse> alone = new Script<>();
  private final Script<BatchWriteRequest, BatchWriteResponse> together = new Script<>();
  private final GatheredWrites writes =
      new GatheredWrites(
          alone, together, Set.of(Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED), timers, new InHand());

  private static Write update(String document) {
    return Write.newBuilder()
        .setUpdate(Document.newBuilder().setName(document))
        .setCurrentDocument(Precondition.newBuilder().setExists(false))
        .build();
  }

  private static CommitRequest commit(Write... updates) {
    return CommitRequest.newBuilder().setDatabase("d").addAllWrites(List.of(updates)).build();
  }

  private Future<CommitResponse> write(String document) {
    return GcpFutures.plain(writes.futureCall(commit(update(document))));
  }

  private static Timestamp at(int seconds) {
    return Timestamp.newBuilder().setSeconds(seconds).build();
  }

  private static CommitResponse committed(int seconds) {
    return CommitResponse.newBuilder()
        .addWriteResults(WriteResult.newBuilder().setUpdateTime(at(seconds)))
        .setCommitTime(at(seconds))
        .build();
  }

  private static ApiException failed(Code code) {
    return ApiExceptionFactory.createException(
        Status.Code.valueOf(code.name()).toStatus().asRuntimeException(),
        GrpcStatusCode.of(Status.Code.valueOf(code.name())),
        false);
  }

  /** Of one write for each code, done at that second if OK. */
  private static BatchWriteResponse outcomes(Code... codes) {
    BatchWriteResponse.Builder response = BatchWriteResponse.newBuilder();
    for (int i = 0; i < codes.length; i++) {
      boolean ok = codes[i] == Code.OK;
      response.addWriteResults(
          ok
              ? WriteResult.newBuilder().setUpdateTime(at(i)).build()
              : WriteResult.getDefaultInstance());
      response.addStatus(
          com.google.rpc.Status.newBuilder()
              .setCode(Status.Code.valueOf(codes[i].name()).value())
              .setMessage(ok ? "" : "why " + i));
    }
    return response.build();
  }

  /** Has written what it forgets, until the next RPC is an interval away. */
  private void busy() {
    timers.busy(i -> write("busy " + i));
    assertThat(alone.requests).hasSize(Gathering.BURST + 1);
    alone.forget();
  }

  /** Writes of these documents in one RPC, which is under way. */
  private List<Future<CommitResponse>> gathered(String... documents) {
    busy();
    List<Future<CommitResponse>> answers = new ArrayList<>();
    for (String document : documents) {
      answers.add(write(document));
    }
    assertThat(together.requests).isEmpty();
    timers.pass(Gathering.INTERVAL);
    assertThat(together.requests).hasSize(1);
    assertThat(alone.requests).isEmpty();
    return answers;
  }

  @Test
  void aLoneWriteIsACommitAsItAlwaysWas() {
    Future<CommitResponse> written = write("a");
    assertThat(alone.requests).containsExactly(commit(update("a")));
    assertThat(alone.contexts).containsOnlyNulls();
    assertThat(written.isComplete()).isFalse();
    alone.answers.get(0).set(committed(7));
    assertThat(await(written)).isEqualTo(committed(7));
    timers.pass(Gathering.APART);
    Future<CommitResponse> refused = write("a");
    alone.answers.get(1).setException(failed(Code.ALREADY_EXISTS));
    assertThat(CallFailure.code(failure(refused))).isEqualTo(Code.ALREADY_EXISTS);
  }

  @Test
  void eachWriteKeepsItsConditionAndHearsItsOwnOutcome() {
    List<Future<CommitResponse>> answers = gathered("a", "b", "c", "d", "e");
    assertThat(together.requests.get(0).getWritesList())
        .containsExactly(update("a"), update("b"), update("c"), update("d"), update("e"));
    assertThat(together.requests.get(0).getDatabase()).isEqualTo("d");
    together
        .answers
        .get(0)
        .set(
            outcomes(
                Code.ALREADY_EXISTS,
                Code.OK,
                Code.FAILED_PRECONDITION,
                Code.NOT_FOUND,
                Code.ABORTED));
    assertThat(await(answers.get(1))).isEqualTo(committed(1));
    assertThat(CallFailure.code(failure(answers.get(0)))).isEqualTo(Code.ALREADY_EXISTS);
    assertThat(failure(answers.get(0))).hasMessageContaining("why 0");
    assertThat(CallFailure.code(failure(answers.get(2)))).isEqualTo(Code.FAILED_PRECONDITION);
    assertThat(CallFailure.code(failure(answers.get(3)))).isEqualTo(Code.NOT_FOUND);
    assertThat(CallFailure.code(failure(answers.get(4)))).isEqualTo(Code.ABORTED);
    assertThat(alone.requests).as("no conflict is tried again").isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = Code.class,
      names = {"OK"},
      mode = Mode.EXCLUDE)
  void aWriteThatACommitWouldRepeatGoesAgainAloneAndTheOthersAreTold(Code code) {
    List<Future<CommitResponse>> answers = gathered("a", "b");
    together.answers.get(0).set(outcomes(Code.OK, code));
    assertThat(await(answers.get(0))).isEqualTo(committed(0));
    if (code == Code.UNAVAILABLE || code == Code.RESOURCE_EXHAUSTED) {
      assertThat(alone.requests).hasSize(1).element(0).isEqualTo(commit(update("b")));
      assertThat(alone.contexts.get(0)).as("what is left of its time").isNotNull();
      alone.answers.get(0).set(committed(9));
      assertThat(await(answers.get(1))).isEqualTo(committed(9));
    } else {
      assertThat(alone.requests).isEmpty();
      assertThat(CallFailure.code(failure(answers.get(1)))).isEqualTo(code);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Code.class,
      names = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "PERMISSION_DENIED", "INTERNAL"})
  void theFailureOfTheWholeIsToldToAll(Code code) {
    List<Future<CommitResponse>> answers = gathered("a", "b", "c");
    together.answers.get(0).setException(failed(code));
    for (Future<CommitResponse> answer : answers) {
      assertThat(CallFailure.code(failure(answer))).isEqualTo(code);
    }
    assertThat(alone.requests).isEmpty();
  }

  @Test
  void whatMayBeTheFaultOfOneWriteIsNotToldToTheOthers() {
    List<Future<CommitResponse>> answers = gathered("a", "bad", "c");
    together.answers.get(0).setException(failed(Code.INVALID_ARGUMENT));
    assertThat(alone.requests).hasSize(3);
    alone.answers.get(0).set(committed(2));
    alone.answers.get(1).setException(failed(Code.INVALID_ARGUMENT));
    alone.answers.get(2).set(committed(4));
    assertThat(await(answers.get(0))).isEqualTo(committed(2));
    assertThat(CallFailure.code(failure(answers.get(1)))).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(await(answers.get(2))).isEqualTo(committed(4));
  }

  @Test
  void anAnswerThatIsTooShortLeavesNobodyWaiting() {
    List<Future<CommitResponse>> answers = gathered("a", "b");
    together.answers.get(0).set(outcomes(Code.OK));
    assertThat(await(answers.get(0))).isEqualTo(committed(0));
    assertThat(failure(answers.get(1))).hasMessageContaining("left out");
  }

  @Test
  void whatIsNoSingleUpdateGoesAsItIs() {
    Write delete = Write.newBuilder().setDelete("a").build();
    CommitRequest transaction =
        commit(update("a")).toBuilder().setTransaction(ByteString.copyFromUtf8("t")).build();
    List<CommitRequest> all =
        List.of(commit(), commit(delete), commit(update("a"), update("b")), transaction);
    busy();
    all.forEach(request -> GcpFutures.plain(writes.futureCall(request)));
    GrpcCallContext own = GrpcCallContext.createDefault();
    GcpFutures.plain(writes.futureCall(commit(update("a")), own));
    assertThat(alone.requests.subList(0, 4)).isEqualTo(all);
    assertThat(alone.contexts.get(4)).isSameAs(own);
    assertThat(together.requests).isEmpty();
  }

  @Test
  void closingSendsWhatWaitsAndAClosedClientAnswersAll() {
    busy();
    List<Future<CommitResponse>> waiting =
        IntStream.range(0, 4).mapToObj(i -> write("a" + i)).toList();
    together.closed = true;
    writes.close();
    for (Future<CommitResponse> answer : waiting) {
      assertThat(failure(answer)).hasMessage("closed");
    }
    write("late");
    assertThat(alone.requests).hasSize(1);
  }
}
