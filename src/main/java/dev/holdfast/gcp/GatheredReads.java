package dev.holdfast.gcp;

import com.google.api.gax.rpc.ApiCallContext;
import com.google.api.gax.rpc.ResponseObserver;
import com.google.api.gax.rpc.ServerStreamingCallable;
import com.google.api.gax.rpc.StatusCode.Code;
import com.google.api.gax.rpc.StreamController;
import com.google.firestore.v1.BatchGetDocumentsRequest;
import com.google.firestore.v1.BatchGetDocumentsRequest.ConsistencySelectorCase;
import com.google.firestore.v1.BatchGetDocumentsResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Reads of one document each, many of them as one BatchGetDocuments under load. Everything else
 * goes as it is. It is billed by the document, however many are asked for at once.
 */
final class GatheredReads
    extends ServerStreamingCallable<BatchGetDocumentsRequest, BatchGetDocumentsResponse> {

  /** Of names, whose bytes never come to that; records of 1 MB each come one by one. */
  static final Gathering.Limits LIMITS = new Gathering.Limits(Gathering.INTERVAL, 32, 1 << 20);

  private final ServerStreamingCallable<BatchGetDocumentsRequest, BatchGetDocumentsResponse> reads;
  private final Set<Code> repeated;
  private final Gathering<BatchGetDocumentsRequest, Call> calls;

  /**
   * @param repeated what {@code reads} repeats by itself, as long as nothing was answered
   */
  GatheredReads(
      ServerStreamingCallable<BatchGetDocumentsRequest, BatchGetDocumentsResponse> reads,
      Set<Code> repeated,
      Gathering.Timers timers,
      InHand inHand) {
    this.reads = reads;
    this.repeated = repeated;
    this.calls = new Gathering<>(LIMITS, timers, inHand, Call::document, this::send);
  }

  @Override
  public void call(
      BatchGetDocumentsRequest request,
      ResponseObserver<BatchGetDocumentsResponse> observer,
      @Nullable ApiCallContext context) {
    if (context != null
        || request.getDocumentsCount() != 1
        || request.getConsistencySelectorCase()
            != ConsistencySelectorCase.CONSISTENCYSELECTOR_NOT_SET
        || !gathered(new Call(request, observer, System.nanoTime()))) {
      reads.call(request, observer, context);
    }
  }

  private boolean gathered(Call call) {
    BatchGetDocumentsRequest asked = call.request.toBuilder().clearDocuments().build();
    return calls.add(asked, call, call.request.getSerializedSize());
  }

  private void send(BatchGetDocumentsRequest asked, List<Call> batch) {
    BatchGetDocumentsRequest.Builder request = asked.toBuilder();
    for (Call call : batch) {
      request.addDocuments(call.document());
      call.observer.onStart(call);
    }
    read(request.build(), new Answers(batch), null);
  }

  private void read(
      BatchGetDocumentsRequest request, Answers answers, @Nullable ApiCallContext context) {
    try {
      reads.call(request, answers, context);
    } catch (RuntimeException e) {
      // such as a client that is closed
      answers.onError(e);
    }
  }

  /** Reads again what one RPC for many did not bring. */
  private void alone(Call call, Throwable failure) {
    Optional<ApiCallContext> left = FirestoreCalls.again(call.began);
    if (left.isPresent()) {
      read(call.request, new Answers(List.of(call)), left.get());
    } else {
      call.fail(failure);
    }
  }

  /** Sends at once whatever waits; what comes later goes as it is. */
  void close() {
    calls.close();
  }

  /** What its observer can control is its end: there is one answer, so no flow of them. */
  private static final class Call implements StreamController {
    private final BatchGetDocumentsRequest request;
    private final ResponseObserver<BatchGetDocumentsResponse> observer;
    private final long began;
    private final AtomicBoolean ended = new AtomicBoolean();

    Call(
        BatchGetDocumentsRequest request,
        ResponseObserver<BatchGetDocumentsResponse> observer,
        long began) {
      this.request = request;
      this.observer = observer;
      this.began = began;
    }

    String document() {
      return request.getDocuments(0);
    }

    void answer(BatchGetDocumentsResponse response) {
      if (ended.compareAndSet(false, true)) {
        try {
          observer.onResponse(response);
          observer.onComplete();
        } catch (RuntimeException e) {
          observer.onError(e);
        }
      }
    }

    void complete() {
      if (ended.compareAndSet(false, true)) {
        observer.onComplete();
      }
    }

    void fail(Throwable failure) {
      if (ended.compareAndSet(false, true)) {
        observer.onError(failure);
      }
    }

    @Override
    public void cancel() {
      fail(new CancellationException("The caller wants no answer any more."));
    }

    @Override
    public void disableAutoInboundFlowControl() {
      // there is no flow
    }

    @Override
    public void request(int count) {
      // the one answer comes as it is
    }
  }

  /** Hands the answers of one RPC to those who asked; the library calls it from one thread. */
  private final class Answers implements ResponseObserver<BatchGetDocumentsResponse> {
    private final Map<String, Call> open = new HashMap<>();
    private final int asked;

    Answers(List<Call> calls) {
      calls.forEach(call -> open.put(call.document(), call));
      this.asked = calls.size();
    }

    @Override
    public void onStart(StreamController controller) {
      // those who asked were told when it was sent
    }

    @Override
    public void onResponse(BatchGetDocumentsResponse response) {
      Call call =
          open.remove(response.hasFound() ? response.getFound().getName() : response.getMissing());
      if (call != null) {
        call.answer(response);
      }
    }

    @Override
    public void onError(Throwable failure) {
      Code code = CallFailure.code(failure);
      boolean brokeOff = open.size() < asked && repeated.contains(code);
      boolean again = asked > 1 && (brokeOff || code == Code.INVALID_ARGUMENT);
      open.values().forEach(again ? call -> alone(call, failure) : call -> call.fail(failure));
    }

    @Override
    public void onComplete() {
      if (asked > 1) {
        CallFailure failure = CallFailure.because("Firestore left out some of what was read");
        open.values().forEach(call -> alone(call, failure));
      } else {
        open.values().forEach(Call::complete);
      }
    }
  }
}
