package dev.holdfast.shutdown;

import dev.holdfast.shutdown.EvictionNotices.Cloud;
import dev.holdfast.shutdown.MetadataServer.Fault;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** A cloud's metadata service: what it answers, and how a test makes it evict the machine. */
interface FakeCloud extends Handler<HttpServerRequest> {

  /** What the clock of every test says. */
  Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  static FakeCloud of(Cloud cloud) {
    return switch (cloud) {
      case GCE -> new FakeGce();
      case AWS -> new FakeAws();
      case AZURE -> new FakeAzure();
    };
  }

  /** Each cloud with each way to be out of order. */
  static Stream<Arguments> faults() {
    return Arrays.stream(Cloud.values())
        .flatMap(
            cloud ->
                Arrays.stream(Fault.values())
                    .filter(fault -> fault != Fault.NONE)
                    .map(fault -> Arguments.of(cloud, fault)));
  }

  /** The probe that hears of {@link #evict}. */
  Probe probe(MetadataClient client);

  void evict();

  /** What the notice says of the time that is left after {@link #evict}. */
  Optional<Duration> deadline();

  static void answer(HttpServerRequest request, int status, String body) {
    request.response().setStatusCode(status).end(body);
  }
}
