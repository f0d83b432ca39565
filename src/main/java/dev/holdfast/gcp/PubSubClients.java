package dev.holdfast.gcp;

import com.google.api.gax.batching.BatchingSettings;
import com.google.api.gax.core.CredentialsProvider;
import com.google.api.gax.core.FixedExecutorProvider;
import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.GrpcCallContext;
import com.google.api.gax.grpc.InstantiatingGrpcChannelProvider;
import com.google.api.gax.retrying.RetrySettings;
import com.google.api.gax.rpc.ApiCallContext;
import com.google.api.gax.rpc.StatusCode.Code;
import com.google.api.gax.rpc.StubSettings;
import com.google.api.gax.rpc.UnaryCallSettings;
import com.google.cloud.pubsub.v1.stub.GrpcPublisherStub;
import com.google.cloud.pubsub.v1.stub.GrpcSubscriberStub;
import com.google.cloud.pubsub.v1.stub.PublisherStub;
import com.google.cloud.pubsub.v1.stub.PublisherStubSettings;
import com.google.cloud.pubsub.v1.stub.SubscriberStub;
import com.google.cloud.pubsub.v1.stub.SubscriberStubSettings;
import com.google.pubsub.v1.SubscriptionName;
import com.google.pubsub.v1.TopicName;
import io.grpc.ClientInterceptor;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The RPCs of Pub/Sub on two channels, one for what is sent and one for what is pulled, with tries
 * that together end in time. Thread-safe; what uses it is closed before it.
 */
final class PubSubClients implements AutoCloseable {

  /** Tries of one call together: a worker has 12 s from a notice to its end. */
  static final Duration CALL_LIMIT = Duration.ofSeconds(5);

  /** A try that takes longer is given up for another. */
  private static final Duration TRY_LIMIT = Duration.ofSeconds(2);

  /** The longest that one pull asks Pub/Sub to wait, which bounds how long closing takes. */
  static final Duration POLL_LIMIT = Duration.ofSeconds(4);

  /**
   * The emulator answers a pull that finds nothing a second before the call's deadline, a shorter
   * one at once: measured with 0.8.20.
   */
  private static final Duration EMULATOR_ENDS_EARLY = Duration.ofSeconds(1);

  /**
   * It also goes on answering a pull whose process was killed, and what it answers is gone for an
   * ack deadline: so its pulls are short ones.
   */
  private static final Duration EMULATOR_POLL_LIMIT = Duration.ofMillis(250);

  /** Answers that another try may well change. */
  static final Set<Code> TRANSIENT =
      Set.of(
          Code.UNAVAILABLE,
          Code.DEADLINE_EXCEEDED,
          Code.ABORTED,
          Code.INTERNAL,
          Code.RESOURCE_EXHAUSTED,
          Code.UNKNOWN);

  /** A pull of many messages; the gRPC default of 4 MB would lose them without a word. */
  private static final int REPLY_BYTES_MAX = 20 << 20;

  private final GcpOptions options;
  private final InHand inHand;
  private final ScheduledThreadPoolExecutor timers;
  private final GrpcChannels channels;
  private final PublisherStub publisher;
  private final SubscriberStub subscriber;

  private PubSubClients(GcpOptions options, List<ClientInterceptor> interceptors, InHand inHand)
      throws IOException {
    this.options = options;
    this.inHand = inHand;
    timers =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "pubsub-timers");
              thread.setDaemon(true);
              return thread;
            });
    timers.setRemoveOnCancelPolicy(true);
    channels = GrpcChannels.of(timers);
    PublisherStub opened = null;
    try {
      opened = GrpcPublisherStub.create(publishing(interceptors));
      publisher = opened;
      subscriber = GrpcSubscriberStub.create(subscribing(interceptors));
    } catch (IOException | RuntimeException e) {
      if (opened != null) {
        opened.shutdownNow();
      }
      timers.shutdownNow();
      throw e;
    }
  }

  /** For who has no job in hand. */
  static PubSubClients open(GcpOptions options, List<ClientInterceptor> interceptors)
      throws IOException {
    return open(options, interceptors, new InHand());
  }

  /**
   * Opens the clients; nothing is sent before the first call.
   *
   * @param interceptors see every RPC, retries counted in
   * @param inHand what this process has to do
   * @throws IOException if there are no credentials
   */
  static PubSubClients open(GcpOptions options, List<ClientInterceptor> interceptors, InHand inHand)
      throws IOException {
    return new PubSubClients(options, interceptors, inHand);
  }

  private PublisherStubSettings publishing(List<ClientInterceptor> interceptors)
      throws IOException {
    PublisherStubSettings.Builder settings = PublisherStubSettings.newBuilder();
    connect(
        settings,
        PublisherStubSettings.defaultCredentialsProviderBuilder().build(),
        channel(PublisherStubSettings.defaultGrpcTransportProviderBuilder(), interceptors));
    settings.applyToAllUnaryMethods(PubSubClients::retried);
    // PubSubPublishing gathers messages itself
    settings
        .publishSettings()
        .setBatchingSettings(BatchingSettings.newBuilder().setIsEnabled(false).build());
    return settings.build();
  }

  private SubscriberStubSettings subscribing(List<ClientInterceptor> interceptors)
      throws IOException {
    SubscriberStubSettings.Builder settings = SubscriberStubSettings.newBuilder();
    connect(
        settings,
        SubscriberStubSettings.defaultCredentialsProviderBuilder().build(),
        channel(SubscriberStubSettings.defaultGrpcTransportProviderBuilder(), interceptors));
    settings.applyToAllUnaryMethods(PubSubClients::retried);
    // a pull whose time is over has said that there is nothing
    settings
        .pullSettings()
        .setRetryableCodes(Set.of())
        .setSimpleTimeoutNoRetriesDuration(POLL_LIMIT);
    return settings.build();
  }

  private void connect(
      StubSettings.Builder<?, ?> settings,
      CredentialsProvider real,
      InstantiatingGrpcChannelProvider channel) {
    settings.setCredentialsProvider(emulated() ? NoCredentialsProvider.create() : real);
    settings.setTransportChannelProvider(channel);
    settings.setBackgroundExecutorProvider(FixedExecutorProvider.create(timers));
  }

  private static @Nullable Void retried(UnaryCallSettings.Builder<?, ?> method) {
    method.setRetryableCodes(TRANSIENT).setRetrySettings(tries(CALL_LIMIT));
    return null;
  }

  private InstantiatingGrpcChannelProvider channel(
      InstantiatingGrpcChannelProvider.Builder channel, List<ClientInterceptor> interceptors) {
    channel.setMaxInboundMessageSize(REPLY_BYTES_MAX);
    options
        .region()
        .ifPresent(region -> channel.setEndpoint(region + "-pubsub.googleapis.com:443"));
    return channels.over(channel, options.pubSubEmulator(), interceptors);
  }

  private static RetrySettings tries(Duration limit) {
    Duration oneTry = limit.compareTo(TRY_LIMIT) < 0 ? limit : TRY_LIMIT;
    return RetrySettings.newBuilder()
        .setInitialRpcTimeoutDuration(oneTry)
        .setRpcTimeoutMultiplier(1)
        .setMaxRpcTimeoutDuration(oneTry)
        .setTotalTimeoutDuration(limit)
        .setInitialRetryDelayDuration(Duration.ofMillis(50))
        .setRetryDelayMultiplier(2)
        .setMaxRetryDelayDuration(Duration.ofSeconds(1))
        .build();
  }

  /** For one call that has less time than {@link #CALL_LIMIT}, its retries counted in. */
  static ApiCallContext within(Duration limit) {
    return GrpcCallContext.createDefault().withRetrySettings(tries(limit));
  }

  /** For one pull, which Pub/Sub then ends itself: a pull that is cancelled loses messages. */
  ApiCallContext polling(Duration limit) {
    if (!emulated()) {
      return GrpcCallContext.createDefault().withTimeoutDuration(limit);
    }
    Duration wait = limit.compareTo(EMULATOR_POLL_LIMIT) > 0 ? EMULATOR_POLL_LIMIT : limit;
    return GrpcCallContext.createDefault().withTimeoutDuration(wait.plus(EMULATOR_ENDS_EARLY));
  }

  /** The full name of a topic of this project. */
  String topic(String name) {
    return TopicName.format(options.project(), name);
  }

  /** The full name of a subscription of this project. */
  String subscription(String name) {
    return SubscriptionName.format(options.project(), name);
  }

  boolean emulated() {
    return options.pubSubEmulator().isPresent();
  }

  InHand inHand() {
    return inHand;
  }

  PublisherStub publisher() {
    return publisher;
  }

  SubscriberStub subscriber() {
    return subscriber;
  }

  /** They run nothing any more once this is closed. */
  Gathering.Timers timers() {
    return Gathering.Timers.of(timers);
  }

  /** Runs {@code task}, which must not block, after {@code delay}; at once if this is closed. */
  @SuppressWarnings("FutureReturnValueIgnored") // a task answers for itself
  void after(Duration delay, Runnable task) {
    try {
      timers.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException closed) {
      task.run();
    }
  }

  /** Lets calls in progress end, for as long as one may take; then ends them. Idempotent. */
  @Override
  public void close() {
    publisher.shutdown();
    subscriber.shutdown();
    // tries that wait for their turn have it and fail; the next are refused
    timers.shutdown();
    long until = System.nanoTime() + CALL_LIMIT.toNanos();
    try {
      publisher.awaitTermination(until - System.nanoTime(), TimeUnit.NANOSECONDS);
      subscriber.awaitTermination(until - System.nanoTime(), TimeUnit.NANOSECONDS);
      timers.awaitTermination(until - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      publisher.shutdownNow();
      subscriber.shutdownNow();
      timers.shutdownNow();
    }
  }
}
