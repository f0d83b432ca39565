package dev.holdfast.shutdown;

import dev.holdfast.shutdown.EvictionNotices.Cloud;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

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

  /** The probe that hears of {@link #evict}. */
  Probe probe(MetadataClient client);

  void evict();

  /** What the notice says of the time that is left after {@link #evict}. */
  Optional<Duration> deadline();

  static void answer(HttpServerRequest request, int status, String body) {
    request.response().setStatusCode(status).end(body);
  }
}
