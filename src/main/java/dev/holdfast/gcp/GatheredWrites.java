package dev.holdfast.gcp;

import com.google.api.core.ApiFuture;
import com.google.api.core.ApiFutureCallback;
import com.google.api.core.ApiFutures;
import com.google.api.core.SettableApiFuture;
import com.google.api.gax.grpc.GrpcStatusCode;
import com.google.api.gax.rpc.ApiCallContext;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.ApiExceptionFactory;
import com.google.api.gax.rpc.StatusCode.Code;
import com.google.api.gax.rpc.UnaryCallable;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.firestore.v1.BatchWriteRequest;
import com.google.firestore.v1.BatchWriteResponse;
import com.google.firestore.v1.CommitRequest;
import com.google.firestore.v1.CommitResponse;
import com.google.firestore.v1.Write;
import com.google.firestore.v1.WriteResult;
import com.google.rpc.Status;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Commits of one document each, many of them as one BatchWrite under load: that applies every write
 * by itself, under its own condition, and says of each what came of it. Everything else goes as it
 * is: what belongs together or to a transaction, and deletes, of which BatchWrite does not say when
 * they were done. It is billed by the write, as commits are.
 */
final class GatheredWrites extends UnaryCallable<CommitRequest, CommitResponse> {

  /** Firestore takes 500 writes of 10 MiB; all of an RPC's have the time of one. */
  static final Gathering.Limits LIMITS = new Gathering.Limits(Gathering.INTERVAL, 32, 1 << 20);

  /** What a request as a whole is told, although perhaps only one of its writes is at fault. */
  private static final Set<Code> BLAME =
      EnumSet.of(
          Code.INVALID_ARGUMENT,
          Code.OUT_OF_RANGE,
          Code.ALREADY_EXISTS,
          Code.FAILED_PRECONDITION,
          Code.NOT_FOUND,
          Code.ABORTED);

  private final UnaryCallable<CommitRequest, CommitResponse> alone;
  private final UnaryCallable<BatchWriteRequest, BatchWriteResponse> together;
  private final Set<Code> repeated;
  private final Gathering<String, Call> calls;

  /**
   * @param repeated what {@code alone} repeats by itself
   */
  GatheredWrites(
      UnaryCallable<CommitRequest, CommitResponse> alone,
      UnaryCallable<BatchWriteRequest, BatchWriteResponse> together,
      Set<Code> repeated,
      Gathering.Timers timers,
      InHand inHand) {
    this.alone = alone;
    this.together = together;
    this.repeated = repeated;
    this.calls = new Gathering<>(LIMITS, timers, inHand, Call::document, this::send);
  }

  private record Call(CommitRequest request, SettableApiFuture<CommitResponse> answer, long began) {

    Write write() {
      return request.getWrites(0);
    }

    String document() {
      return write().getUpdate().getName();
    }
  }

  @Override
  public ApiFuture<CommitResponse> futureCall(
      CommitRequest request, @Nullable ApiCallContext context) {
    if (context == null
        && request.getWritesCount() == 1
        && request.getWrites(0).hasUpdate()
        && request.getTransaction().isEmpty()) {
      Call call = new Call(request, SettableApiFuture.create(), System.nanoTime());
      if (calls.add(request.getDatabase(), call, request.getSerializedSize())) {
        return call.answer();
      }
    }
    return alone.futureCall(request, context);
  }

  private void send(String database, List<Call> batch) {
    if (batch.size() == 1) {
      alone(batch.get(0), null);
      return;
    }
    BatchWriteRequest.Builder request = BatchWriteRequest.newBuilder().setDatabase(database);
    batch.forEach(call -> request.addWrites(call.write()));
    ApiFutures.addCallback(
        asked(() -> together.futureCall(request.build())),
        new ApiFutureCallback<>() {
          @Override
          public void onSuccess(BatchWriteResponse response) {
            written(batch, response);
          }

          @Override
          public void onFailure(Throwable failure) {
            batch.forEach(call -> failed(call, failure, BLAME));
          }
        },
        MoreExecutors.directExecutor());
  }

  private void written(List<Call> batch, BatchWriteResponse response) {
    int answers = Math.min(response.getStatusCount(), response.getWriteResultsCount());
    for (int i = 0; i < batch.size(); i++) {
      Call call = batch.get(i);
      if (i >= answers) {
        call.answer().setException(CallFailure.because("Firestore left out a write's outcome"));
      } else if (response.getStatus(i).getCode() == com.google.rpc.Code.OK_VALUE) {
        call.answer().set(committed(response.getWriteResults(i)));
      } else {
        failed(call, failure(response.getStatus(i)), repeated);
      }
    }
  }

  private static CommitResponse committed(WriteResult result) {
    return CommitResponse.newBuilder()
        .addWriteResults(result)
        .setCommitTime(result.getUpdateTime())
        .build();
  }

  private static ApiException failure(Status status) {
    io.grpc.Status grpc =
        io.grpc.Status.fromCodeValue(status.getCode()).withDescription(status.getMessage());
    return ApiExceptionFactory.createException(
        grpc.asRuntimeException(), GrpcStatusCode.of(grpc.getCode()), false);
  }

  /**
   * @param again what a write is sent again for, alone
   */
  private void failed(Call call, Throwable failure, Set<Code> again) {
    Optional<ApiCallContext> left = FirestoreCalls.again(call.began());
    if (left.isPresent() && again.contains(CallFailure.code(failure))) {
      alone(call, left.get());
    } else {
      call.answer().setException(failure);
    }
  }

  private void alone(Call call, @Nullable ApiCallContext context) {
    ApiFutures.addCallback(
        asked(() -> alone.futureCall(call.request(), context)),
        new ApiFutureCallback<>() {
          @Override
          public void onSuccess(CommitResponse response) {
            call.answer().set(response);
          }

          @Override
          public void onFailure(Throwable failure) {
            call.answer().setException(failure);
          }
        },
        MoreExecutors.directExecutor());
  }

  private static <T> ApiFuture<T> asked(Supplier<ApiFuture<T>> call) {
    try {
      return call.get();
    } catch (RuntimeException e) {
      // such as a client that is closed
      return ApiFutures.immediateFailedFuture(e);
    }
  }

  /** Sends at once whatever waits; what comes later goes as it is. */
  void close() {
    calls.close();
  }
}
