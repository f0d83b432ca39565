package dev.holdfast.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.api.gax.grpc.GrpcTransportChannel;
import com.google.api.gax.grpc.InstantiatingGrpcChannelProvider;
import com.google.cloud.pubsub.v1.stub.PublisherStubSettings;
import com.google.protobuf.Empty;
import dev.holdfast.world.TcpGate;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.lite.ProtoLiteUtils;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of a connection in a long outage. */
class GrpcChannelsTest {

  private static final MethodDescriptor<Empty, Empty> CALL =
      MethodDescriptor.newBuilder(
              ProtoLiteUtils.marshaller(Empty.getDefaultInstance()),
              ProtoLiteUtils.marshaller(Empty.getDefaultInstance()))
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("test.Service/Call")
          .build();

  private static final Duration TRY_EVERY = Duration.ofMillis(50);

  private static final Duration OUTAGE = Duration.ofSeconds(3);

  /** Left alone it tries at 0, 1, 2.6 and 5.2 s, give or take a fifth, in up to two outages. */
  private static final int TRIES_OF_GRPC_ITSELF_MAX = 8;

  private final ScheduledThreadPoolExecutor timers = new ScheduledThreadPoolExecutor(1);
  private GrpcStandIn server;
  private TcpGate gate;
  private GrpcChannels channels;
  private GrpcTransportChannel opened;

  @BeforeEach
  void open() throws IOException {
    server = new GrpcStandIn();
    server.plays(
        CALL.getFullMethodName(),
        Empty.getDefaultInstance(),
        Empty.getDefaultInstance(),
        asked -> asked);
    gate = new TcpGate(server.host());
    channels = GrpcChannels.of(timers, TRY_EVERY);
    InstantiatingGrpcChannelProvider provider =
        channels.over(
            PublisherStubSettings.defaultGrpcTransportProviderBuilder().setHeaderProvider(Map::of),
            Optional.of(gate.host()),
            List.of());
    opened = (GrpcTransportChannel) provider.getTransportChannel();
  }

  @AfterEach
  void close() {
    opened.shutdownNow();
    timers.shutdownNow();
    gate.close();
    server.close();
  }

  private static Status.Code call(Channel channel, Duration limit) {
    try {
      ClientCalls.blockingUnaryCall(
          channel,
          CALL,
          CallOptions.DEFAULT
              .withWaitForReady()
              .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS),
          Empty.getDefaultInstance());
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  @Test
  @Timeout(60)
  void aChannelThatWouldWaitLongIsToldNotTo() throws Exception {
    Channel channel = opened.getChannel();
    assertThat(call(channel, Duration.ofSeconds(10))).isEqualTo(Status.Code.OK);
    gate.shut();
    Status.Code code;
    do {
      // until the end of the old connection is seen, and then for the outage
      code = call(channel, OUTAGE);
    } while (code != Status.Code.DEADLINE_EXCEEDED);
    assertThat(gate.turnedAway()).isGreaterThan(TRIES_OF_GRPC_ITSELF_MAX);
    gate.open();
    assertThat(call(channel, OUTAGE)).isEqualTo(Status.Code.OK);
  }
}
