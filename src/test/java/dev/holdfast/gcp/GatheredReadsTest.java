package dev.holdfast.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.api.gax.grpc.GrpcCallContext;
import com.google.api.gax.grpc.GrpcStatusCode;
import com.google.api.gax.rpc.ApiCallContext;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.ApiExceptionFactory;
import com.google.api.gax.rpc.ResponseObserver;
import com.google.api.gax.rpc.ServerStreamingCallable;
import com.google.api.gax.rpc.StatusCode.Code;
import com.google.firestore.v1.BatchGetDocumentsRequest;
import com.google.firestore.v1.BatchGetDocumentsResponse;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.DocumentMask;
import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Method: whatever follows some reads at once is gathered until the test lets time pass. */
class GatheredReadsTest {

  /** One RPC, which the test answers by hand. */
  private record Rpc(
      BatchGetDocumentsRequest request,
      ResponseObserver<BatchGetDocumentsResponse> observer,
      @Nullable ApiCallContext context) {

    void found(String document, int second) {
      observer.onResponse(
          BatchGetDocumentsResponse.newBuilder()
              .setFound(Document.newBuilder().setName(document))
              .setReadTime(Timestamp.newBuilder().setSeconds(second))
              .build());
    }

    void missing(String document, int second) {
      observer.onResponse(
          BatchGetDocumentsResponse.newBuilder()
              .setMissing(document)
              .setReadTime(Timestamp.newBuilder().setSeconds(second))
              .build());
    }

    void fail(Code code) {
      observer.onError(failed(code));
    }
  }

  private final HandTimers timers = new HandTimers();
  private final List<Rpc> rpcs = new ArrayList<>();
  private boolean closed;
  private final GatheredReads reads =
      new GatheredReads(
          new ServerStreamingCallable<>() {
            @Override
            public void call(
                BatchGetDocumentsRequest request,
                ResponseObserver<BatchGetDocumentsResponse> observer,
                @Nullable ApiCallContext context) {
              if (closed) {
                throw new IllegalStateException("closed");
              }
              rpcs.add(new Rpc(request, observer, context));
            }
          },
          Set.of(Code.UNAVAILABLE, Code.INTERNAL),
          timers,
          new InHand());

  private static ApiException failed(Code code) {
    Status.Code grpc = Status.Code.valueOf(code.name());
    return ApiExceptionFactory.createException(
        grpc.toStatus().asRuntimeException(), GrpcStatusCode.of(grpc), false);
  }

  private static BatchGetDocumentsRequest of(String... documents) {
    return BatchGetDocumentsRequest.newBuilder()
        .setDatabase("d")
        .addAllDocuments(List.of(documents))
        .build();
  }

  private DocumentReader read(String document) {
    DocumentReader reader = new DocumentReader();
    reads.call(of(document), reader);
    return reader;
  }

  /** Has read what it forgets, until the next RPC is an interval away. */
  private void busy() {
    timers.busy(i -> read("busy " + i));
    assertThat(rpcs).hasSize(Gathering.BURST + 1);
    rpcs.clear();
  }

  /** Reads of these documents in one RPC, the first. */
  private List<DocumentReader> gathered(String... documents) {
    busy();
    List<DocumentReader> readers = new ArrayList<>();
    for (String document : documents) {
      readers.add(read(document));
    }
    assertThat(rpcs).isEmpty();
    timers.pass(Gathering.INTERVAL);
    assertThat(rpcs).hasSize(1);
    assertThat(rpcs.get(0).request()).isEqualTo(of(documents));
    return readers;
  }

  @Test
  void aLoneReadIsAsItAlwaysWas() {
    DocumentReader found = read("a");
    assertThat(rpcs.get(0).request()).isEqualTo(of("a"));
    assertThat(rpcs.get(0).context()).isNull();
    rpcs.get(0).found("a", 3);
    rpcs.get(0).observer().onComplete();
    assertThat(found.rest()).containsExactly("found a at 3", "end");
    timers.pass(Gathering.APART);
    DocumentReader refused = read("a");
    rpcs.get(1).fail(Code.INVALID_ARGUMENT);
    assertThat(refused.rest()).containsExactly("INVALID_ARGUMENT");
    timers.pass(Gathering.APART);
    DocumentReader nothing = read("a");
    rpcs.get(2).observer().onComplete();
    assertThat(nothing.rest()).containsExactly("end");
    assertThat(rpcs).hasSize(3);
  }

  @Test
  void eachHearsOfItsOwnDocument() {
    List<DocumentReader> readers = gathered("a", "b", "c");
    Rpc rpc = rpcs.get(0);
    rpc.found("c", 1);
    rpc.missing("a", 2);
    rpc.observer().onResponse(BatchGetDocumentsResponse.getDefaultInstance());
    rpc.found("stranger", 2);
    assertThat(readers.get(1).rest()).isEmpty();
    rpc.found("b", 3);
    rpc.found("b", 4);
    rpc.observer().onComplete();
    assertThat(readers.get(0).rest()).containsExactly("missing a at 2", "end");
    assertThat(readers.get(1).rest()).containsExactly("found b at 3", "end");
    assertThat(readers.get(2).rest()).containsExactly("found c at 1", "end");
    assertThat(rpcs).hasSize(1);
  }

  @Test
  void theFailureOfTheWholeIsToldToAll() {
    List<DocumentReader> readers = gathered("a", "b");
    rpcs.get(0).fail(Code.UNAVAILABLE);
    readers.forEach(reader -> assertThat(reader.rest()).containsExactly("UNAVAILABLE"));
    assertThat(rpcs).as("it was repeated already").hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(
      value = Code.class,
      names = {"UNAVAILABLE", "PERMISSION_DENIED"})
  void whatAStreamThatBrokeLeftOutIsReadAgainIfThatMayHelp(Code code) {
    List<DocumentReader> readers = gathered("a", "b", "c");
    rpcs.get(0).found("b", 1);
    rpcs.get(0).fail(code);
    assertThat(readers.get(1).rest()).containsExactly("found b at 1", "end");
    if (code == Code.PERMISSION_DENIED) {
      assertThat(readers.get(0).rest()).containsExactly("PERMISSION_DENIED");
      assertThat(readers.get(2).rest()).containsExactly("PERMISSION_DENIED");
      return;
    }
    assertThat(rpcs.subList(1, 3).stream().map(Rpc::request))
        .containsExactlyInAnyOrder(of("a"), of("c"));
    assertThat(rpcs.get(1).context()).as("what is left of its time").isNotNull();
    for (Rpc again : rpcs.subList(1, 3)) {
      again.found(again.request().getDocuments(0), 9);
    }
    assertThat(readers.get(0).rest()).containsExactly("found a at 9", "end");
    assertThat(readers.get(2).rest()).containsExactly("found c at 9", "end");
  }

  @Test
  void whatMayBeTheFaultOfOneReadIsNotToldToTheOthers() {
    List<DocumentReader> readers = gathered("a", "bad");
    rpcs.get(0).fail(Code.INVALID_ARGUMENT);
    for (Rpc again : rpcs.subList(1, 3)) {
      if (again.request().equals(of("bad"))) {
        again.fail(Code.INVALID_ARGUMENT);
      } else {
        again.found("a", 1);
      }
    }
    assertThat(readers.get(0).rest()).containsExactly("found a at 1", "end");
    assertThat(readers.get(1).rest()).containsExactly("INVALID_ARGUMENT");
    assertThat(rpcs).hasSize(3);
  }

  @Test
  void whatAnAnswerLeftOutIsReadAgain() {
    List<DocumentReader> readers = gathered("a", "b");
    rpcs.get(0).found("a", 1);
    rpcs.get(0).observer().onComplete();
    rpcs.get(1).missing("b", 2);
    assertThat(readers.get(1).rest()).containsExactly("missing b at 2", "end");
  }

  @Test
  void oneWhoCannotReadItsAnswerIsToldAndTheOthersHearTheirs() {
    List<DocumentReader> readers = gathered("a", "b", "c");
    readers.get(0).cannotRead();
    readers.get(1).cancel();
    for (String document : List.of("a", "b", "c")) {
      rpcs.get(0).found(document, 1);
    }
    rpcs.get(0).observer().onComplete();
    assertThat(readers.get(0).rest())
        .containsExactly(new IllegalStateException("cannot be read").toString());
    assertThat(readers.get(1).rest())
        .singleElement()
        .asString()
        .startsWith(CancellationException.class.getName());
    assertThat(readers.get(2).rest()).containsExactly("found c at 1", "end");
  }

  @Test
  void readsOfOtherFieldsAndOfTheSameDocumentAreAnotherRpc() {
    busy();
    read("a");
    read("a");
    DocumentMask mask = DocumentMask.newBuilder().addFieldPaths("version").build();
    reads.call(of("b").toBuilder().setMask(mask).build(), new DocumentReader());
    reads.call(of("c").toBuilder().setMask(mask).build(), new DocumentReader());
    timers.pass(Gathering.INTERVAL);
    assertThat(rpcs.subList(0, 3).stream().map(Rpc::request))
        .containsExactly(of("a"), of("a"), of("b", "c").toBuilder().setMask(mask).build());
  }

  @Test
  void whatIsNoSingleReadGoesAsItIs() {
    busy();
    BatchGetDocumentsRequest transaction =
        of("a").toBuilder().setTransaction(ByteString.copyFromUtf8("t")).build();
    BatchGetDocumentsRequest past =
        of("a").toBuilder().setReadTime(Timestamp.newBuilder().setSeconds(1)).build();
    List<BatchGetDocumentsRequest> all = List.of(of(), of("a", "b"), transaction, past);
    DocumentReader reader = new DocumentReader();
    all.forEach(request -> reads.call(request, reader));
    GrpcCallContext own = GrpcCallContext.createDefault();
    reads.call(of("a"), reader, own);
    assertThat(rpcs.subList(0, 4).stream().map(Rpc::request)).isEqualTo(all);
    assertThat(rpcs.get(4).context()).isSameAs(own);
    assertThat(rpcs.get(4).observer()).isSameAs(reader);
  }

  @Test
  void closingSendsWhatWaitsAndAClosedClientAnswersAll() {
    busy();
    List<DocumentReader> waiting = List.of(read("a"), read("b"));
    closed = true;
    reads.close();
    waiting.forEach(
        reader ->
            assertThat(reader.rest())
                .containsExactly(new IllegalStateException("closed").toString()));
  }
}
