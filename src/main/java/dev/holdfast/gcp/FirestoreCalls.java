package dev.holdfast.gcp;

import com.google.api.gax.core.CredentialsProvider;
import com.google.api.gax.core.FixedExecutorProvider;
import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.ChannelPoolSettings;
import com.google.api.gax.grpc.GrpcCallContext;
import com.google.api.gax.grpc.InstantiatingGrpcChannelProvider;
import com.google.api.gax.retrying.RetrySettings;
import com.google.api.gax.rpc.ApiCallContext;
import com.google.api.gax.rpc.BidiStreamingCallable;
import com.google.api.gax.rpc.FixedHeaderProvider;
import com.google.api.gax.rpc.ServerStreamingCallable;
import com.google.api.gax.rpc.UnaryCallable;
import com.google.cloud.firestore.spi.v1.FirestoreRpc;
import com.google.cloud.firestore.v1.FirestoreClient.ListCollectionIdsPagedResponse;
import com.google.cloud.firestore.v1.FirestoreClient.ListDocumentsPagedResponse;
import com.google.cloud.firestore.v1.FirestoreClient.PartitionQueryPagedResponse;
import com.google.cloud.firestore.v1.stub.FirestoreStub;
import com.google.cloud.firestore.v1.stub.FirestoreStubSettings;
import com.google.cloud.firestore.v1.stub.GrpcFirestoreStub;
import com.google.firestore.v1.BatchGetDocumentsRequest;
import com.google.firestore.v1.BatchGetDocumentsResponse;
import com.google.firestore.v1.BatchWriteRequest;
import com.google.firestore.v1.BatchWriteResponse;
import com.google.firestore.v1.BeginTransactionRequest;
import com.google.firestore.v1.BeginTransactionResponse;
import com.google.firestore.v1.CommitRequest;
import com.google.firestore.v1.CommitResponse;
import com.google.firestore.v1.DatabaseRootName;
import com.google.firestore.v1.ExecutePipelineRequest;
import com.google.firestore.v1.ExecutePipelineResponse;
import com.google.firestore.v1.ListCollectionIdsRequest;
import com.google.firestore.v1.ListDocumentsRequest;
import com.google.firestore.v1.ListenRequest;
import com.google.firestore.v1.ListenResponse;
import com.google.firestore.v1.PartitionQueryRequest;
import com.google.firestore.v1.RollbackRequest;
import com.google.firestore.v1.RunAggregationQueryRequest;
import com.google.firestore.v1.RunAggregationQueryResponse;
import com.google.firestore.v1.RunQueryRequest;
import com.google.firestore.v1.RunQueryResponse;
import com.google.protobuf.Empty;
import io.grpc.ClientInterceptor;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The RPCs under the Firestore library, on channels of our own making. The library's own gives
 * reads, writes and queries one and the same time, and on an emulator one channel that knows no
 * interceptors; it also goes to an emulator that only the environment names, whatever its options
 * say.
 */
final class FirestoreCalls implements FirestoreRpc {

  /** A channel carries 100 calls at once before the next one waits, so these carry 1,200. */
  private static final int CHANNELS = 12;

  /** An emulator has no such limit, and more connections only slow it down. */
  private static final int EMULATOR_CHANNELS = 2;

  /**
   * Longer than any document takes; the tries of one call together take no longer than the total.
   */
  private static final Duration CALL_TRY = Duration.ofSeconds(2);

  private static final Duration CALL_TOTAL = Duration.ofSeconds(3);
  private static final RetrySettings CALL = patience(CALL_TRY, CALL_TOTAL);

  private static final RetrySettings QUERY = patience(Duration.ofSeconds(3), Duration.ofSeconds(5));

  /** The first try counted in. At 50 ms doubled each time, the last begins within 1.6 s. */
  private static final int TRIES_MAX = 6;

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private final FirestoreStub stub;
  private final GatheredWrites writes;
  private final GatheredReads reads;
  private final ScheduledThreadPoolExecutor timers;

  FirestoreCalls(GcpOptions options, List<ClientInterceptor> interceptors, InHand inHand)
      throws IOException {
    timers =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "firestore-timers");
              thread.setDaemon(true);
              return thread;
            });
    try {
      FirestoreStubSettings settings = settings(options, interceptors);
      stub = GrpcFirestoreStub.create(settings);
      writes =
          new GatheredWrites(
              stub.commitCallable(),
              stub.batchWriteCallable(),
              settings.commitSettings().getRetryableCodes(),
              Gathering.Timers.of(timers),
              inHand);
      reads =
          new GatheredReads(
              stub.batchGetDocumentsCallable(),
              settings.batchGetDocumentsSettings().getRetryableCodes(),
              Gathering.Timers.of(timers),
              inHand);
    } catch (IOException | RuntimeException e) {
      timers.shutdownNow();
      throw e;
    }
  }

  private FirestoreStubSettings settings(GcpOptions options, List<ClientInterceptor> interceptors)
      throws IOException {
    Map<String, String> headers = new HashMap<>();
    headers.put(
        "google-cloud-resource-prefix",
        DatabaseRootName.of(options.project(), options.database()).toString());
    CredentialsProvider credentials =
        FirestoreStubSettings.defaultCredentialsProviderBuilder().build();
    InstantiatingGrpcChannelProvider.Builder channels =
        FirestoreStubSettings.defaultGrpcTransportProviderBuilder()
            .setChannelPoolSettings(ChannelPoolSettings.staticallySized(CHANNELS));
    if (options.firestoreEmulator().isPresent()) {
      // what the emulator takes for the database's owner
      headers.put("authorization", "Bearer owner");
      credentials = NoCredentialsProvider.create();
      channels.setChannelPoolSettings(ChannelPoolSettings.staticallySized(EMULATOR_CHANNELS));
    }
    FirestoreStubSettings.Builder settings = FirestoreStubSettings.newBuilder();
    settings.setCredentialsProvider(credentials);
    settings.setHeaderProvider(FixedHeaderProvider.create(headers));
    settings.setTransportChannelProvider(
        GrpcChannels.of(timers).over(channels, options.firestoreEmulator(), interceptors));
    settings.setBackgroundExecutorProvider(FixedExecutorProvider.create(timers));
    settings.applyToAllUnaryMethods(
        method -> {
          method.setRetrySettings(CALL);
          return null;
        });
    settings.batchWriteSettings().setRetryableCodes(settings.commitSettings().getRetryableCodes());
    settings.batchGetDocumentsSettings().setRetrySettings(CALL);
    settings.runQuerySettings().setRetrySettings(QUERY);
    settings.runAggregationQuerySettings().setRetrySettings(QUERY);
    return settings.build();
  }

  private static RetrySettings patience(Duration oneTry, Duration total) {
    return RetrySettings.newBuilder()
        .setInitialRpcTimeoutDuration(oneTry)
        .setRpcTimeoutMultiplier(1)
        .setMaxRpcTimeoutDuration(oneTry)
        .setTotalTimeoutDuration(total)
        .setInitialRetryDelayDuration(Duration.ofMillis(50))
        .setRetryDelayMultiplier(2)
        .setMaxRetryDelayDuration(Duration.ofSeconds(1))
        .setMaxAttempts(TRIES_MAX)
        .build();
  }

  /**
   * The time that is left to a call, if it is to be tried once more in another way.
   *
   * @param began by the machine's running time, in nanoseconds
   * @return empty if there is none
   */
  static Optional<ApiCallContext> again(long began) {
    Duration left = CALL_TOTAL.minusNanos(System.nanoTime() - began);
    if (left.isNegative() || left.isZero()) {
      return Optional.empty();
    }
    Duration oneTry = left.compareTo(CALL_TRY) < 0 ? left : CALL_TRY;
    return Optional.of(GrpcCallContext.createDefault().withRetrySettings(patience(oneTry, left)));
  }

  @Override
  public UnaryCallable<CommitRequest, CommitResponse> commitCallable() {
    return writes;
  }

  @Override
  public UnaryCallable<BatchWriteRequest, BatchWriteResponse> batchWriteCallable() {
    return stub.batchWriteCallable();
  }

  @Override
  public ServerStreamingCallable<BatchGetDocumentsRequest, BatchGetDocumentsResponse>
      batchGetDocumentsCallable() {
    return reads;
  }

  @Override
  public ServerStreamingCallable<RunQueryRequest, RunQueryResponse> runQueryCallable() {
    return stub.runQueryCallable();
  }

  @Override
  public ServerStreamingCallable<ExecutePipelineRequest, ExecutePipelineResponse>
      executePipelineCallable() {
    return stub.executePipelineCallable();
  }

  @Override
  public ServerStreamingCallable<RunAggregationQueryRequest, RunAggregationQueryResponse>
      runAggregationQueryCallable() {
    return stub.runAggregationQueryCallable();
  }

  @Override
  public UnaryCallable<BeginTransactionRequest, BeginTransactionResponse>
      beginTransactionCallable() {
    return stub.beginTransactionCallable();
  }

  @Override
  public UnaryCallable<RollbackRequest, Empty> rollbackCallable() {
    return stub.rollbackCallable();
  }

  @Override
  public UnaryCallable<ListCollectionIdsRequest, ListCollectionIdsPagedResponse>
      listCollectionIdsPagedCallable() {
    return stub.listCollectionIdsPagedCallable();
  }

  @Override
  public UnaryCallable<PartitionQueryRequest, PartitionQueryPagedResponse>
      partitionQueryPagedCallable() {
    return stub.partitionQueryPagedCallable();
  }

  @Override
  public UnaryCallable<ListDocumentsRequest, ListDocumentsPagedResponse>
      listDocumentsPagedCallable() {
    return stub.listDocumentsPagedCallable();
  }

  @Override
  public BidiStreamingCallable<ListenRequest, ListenResponse> listenCallable() {
    return stub.listenCallable();
  }

  @Override
  public ScheduledExecutorService getExecutor() {
    return timers;
  }

  private void flush() {
    writes.close();
    reads.close();
  }

  @Override
  public void shutdown() {
    flush();
    stub.shutdown();
    timers.shutdown();
  }

  @Override
  public void shutdownNow() {
    flush();
    stub.shutdownNow();
    timers.shutdownNow();
  }

  /** Lets calls in progress end, for as long as one may take; then ends them. */
  @Override
  public void close() {
    try {
      flush();
      stub.shutdown();
      stub.awaitTermination(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      shutdownNow();
    }
  }
}
