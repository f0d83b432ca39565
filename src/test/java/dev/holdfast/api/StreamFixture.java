package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Gauge;
import java.time.Duration;

/** Limits and waits for tests of streams. */
final class StreamFixture {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private StreamFixture() {}

  static ApiOptions.Limits heartbeat(Duration heartbeat) {
    return limits(new ApiOptions.Streams(1_000, 1_000, 64 << 10, 200, 2_000, heartbeat, 2));
  }

  static ApiOptions.Limits limits(ApiOptions.Streams streams) {
    ApiOptions.Limits usual = ApiOptions.Limits.USUAL;
    return new ApiOptions.Limits(
        usual.bodyBytesMax(),
        usual.inputBytesMax(),
        usual.inFlightMax(),
        usual.longPollsMax(),
        usual.uploadsMax(),
        usual.headersWaitMax(),
        usual.bodyWaitMax(),
        usual.keepAliveMax(),
        usual.dependencyWaitMax(),
        streams);
  }

  static void untilStreams(ApiFixture api, int open) {
    long limit = System.nanoTime() + PATIENCE.toNanos();
    Gauge streams = api.meters.get(ApiMetrics.STREAMS).gauge();
    while (streams.value() != open) {
      assertThat(System.nanoTime())
          .as("%d streams are open rather than %s", open, streams.value())
          .isLessThan(limit);
      Thread.onSpinWait();
    }
  }
}
