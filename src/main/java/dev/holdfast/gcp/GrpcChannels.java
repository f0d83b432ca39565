package dev.holdfast.gcp;

import com.google.api.gax.grpc.InstantiatingGrpcChannelProvider;
import io.grpc.ClientInterceptor;
import io.grpc.ConnectivityState;
import io.grpc.ForwardingChannelBuilder2;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The gRPC channels of one client, which find out that a connection is gone, and connect again soon
 * after an outage, however long it was. Left alone, gRPC waits longer before each try, up to two
 * minutes, and has no setting for that. github.com/grpc/grpc/blob/master/doc/connection-backoff.md
 */
final class GrpcChannels {

  /** A connection whose other end is gone without a word is found out and replaced after this. */
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(30);

  private static final Duration KEEP_ALIVE_ANSWER = Duration.ofSeconds(10);

  /**
   * A channel that waits for its next try is told this often not to wait. It then begins anew with
   * waits of 1, 1.6, 2.6 and 4.1 s, so none is longer than 6 s.
   */
  private static final Duration CONNECT_EVERY = Duration.ofSeconds(15);

  private final Set<ManagedChannel> open = ConcurrentHashMap.newKeySet();

  private GrpcChannels() {}

  /** Channels that are looked after until {@code timers} is shut down. */
  static GrpcChannels of(ScheduledExecutorService timers) {
    return of(timers, CONNECT_EVERY);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // it ends with the timers
  static GrpcChannels of(ScheduledExecutorService timers, Duration connectEvery) {
    GrpcChannels channels = new GrpcChannels();
    timers.scheduleWithFixedDelay(
        channels::connect, connectEvery.toNanos(), connectEvery.toNanos(), TimeUnit.NANOSECONDS);
    return channels;
  }

  /**
   * An answer is handed over by the thread that read it from its connection, so what waits for it
   * must not block; a further thread costs more than what it would do. gRPC fetches tokens on
   * threads of its own all the same.
   *
   * @param channel the library's own for a service
   * @param emulator {@code host:port} of what stands in for the service, if anything
   * @param interceptors see every call, retries counted in
   */
  InstantiatingGrpcChannelProvider over(
      InstantiatingGrpcChannelProvider.Builder channel,
      Optional<String> emulator,
      List<ClientInterceptor> interceptors) {
    emulator.ifPresent(channel::setEndpoint);
    return channel
        .setKeepAliveTimeDuration(KEEP_ALIVE)
        .setKeepAliveTimeoutDuration(KEEP_ALIVE_ANSWER)
        .setInterceptorProvider(() -> interceptors)
        .setChannelConfigurator(
            builder ->
                new Kept(emulator.isPresent() ? builder.usePlaintext() : builder).directExecutor())
        .build();
  }

  private void connect() {
    open.removeIf(ManagedChannel::isShutdown);
    for (ManagedChannel channel : open) {
      if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
        channel.resetConnectBackoff();
      }
    }
  }

  /** The only place at which the library shows the channel that it makes. */
  private final class Kept extends ForwardingChannelBuilder2<Kept> {
    private final ManagedChannelBuilder<?> builder;

    Kept(ManagedChannelBuilder<?> builder) {
      this.builder = builder;
    }

    @Override
    protected ManagedChannelBuilder<?> delegate() {
      return builder;
    }

    @Override
    public ManagedChannel build() {
      ManagedChannel channel = builder.build();
      open.add(channel);
      return channel;
    }
  }
}
