package dev.holdfast.webhook;

import dev.holdfast.job.WebhookDelivery.Answer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.function.Supplier;

/** What the deliveries count, and under which names. Safe for use by many threads. */
final class WebhookMetrics {

  /** Attempts by outcome; their time is that since the job's end, not that of the call. */
  static final String ATTEMPTS = "holdfast.webhook.attempts";

  static final String GIVEN_UP = "holdfast.webhook.given.up";
  static final String IN_FLIGHT = "holdfast.webhook.in.flight";
  static final String WAITING = "holdfast.webhook.waiting";

  private final MeterRegistry meters;
  private final Timer delivered;
  private final Timer refused;
  private final Timer unanswered;
  private final Counter givenUp;

  WebhookMetrics(MeterRegistry meters) {
    this.meters = meters;
    delivered = meters.timer(ATTEMPTS, "outcome", "delivered");
    refused = meters.timer(ATTEMPTS, "outcome", "refused");
    unanswered = meters.timer(ATTEMPTS, "outcome", "unanswered");
    givenUp = meters.counter(GIVEN_UP);
  }

  void watch(Supplier<Number> inFlight, Supplier<Number> waiting) {
    Gauge.builder(IN_FLIGHT, inFlight).strongReference(true).register(meters);
    Gauge.builder(WAITING, waiting).strongReference(true).register(meters);
  }

  /**
   * @param age since the job's end
   */
  void called(Answer answer, Duration age) {
    Timer outcome =
        answer.isDelivered() ? delivered : answer.status() == null ? unanswered : refused;
    outcome.record(age.isNegative() ? Duration.ZERO : age);
  }

  void givenUp() {
    givenUp.increment();
  }
}
