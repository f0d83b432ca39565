package dev.holdfast.gcp;

import com.google.protobuf.Duration;
import com.google.pubsub.v1.DeadLetterPolicy;
import com.google.pubsub.v1.ExpirationPolicy;
import com.google.pubsub.v1.Subscription;
import java.util.List;
import java.util.function.Function;

/** What a subscription must be like, and how one that is there differs from it. */
final class SubscriptionSettings {

  /** What Pub/Sub keeps messages for, and a subscription alive for, unless told otherwise. */
  private static final String RETENTION_UNTOLD = seconds(7 * 86_400);

  /** The longest that the emulator keeps messages; the service keeps them for 31 days. */
  private static final long EMULATOR_RETENTION_SECONDS_MAX = 7 * 86_400;

  private static final String EXPIRATION_UNTOLD = seconds(31 * 86_400);

  /**
   * @param name in words
   * @param path of the field in an update; empty where Pub/Sub does not let it change
   * @param shown the value in words, by which two are compared
   */
  record Setting(String name, String path, Function<Subscription, String> shown) {
    boolean changes() {
      return !path.isEmpty();
    }
  }

  /** A setting that is not what it must be. */
  record Difference(Setting setting, String is, String must) {
    String words() {
      return "%s is %s and must be %s".formatted(setting.name(), is, must);
    }
  }

  private static final List<Setting> SETTINGS =
      List.of(
          new Setting("topic", "", Subscription::getTopic),
          new Setting("detached from its topic", "", s -> s.getDetached() ? "yes" : "no"),
          new Setting("filter", "", s -> s.getFilter().isEmpty() ? "none" : s.getFilter()),
          new Setting("message ordering", "", s -> s.getEnableMessageOrdering() ? "on" : "off"),
          new Setting(
              "ack deadline", "ack_deadline_seconds", s -> s.getAckDeadlineSeconds() + " s"),
          new Setting(
              "retention",
              "message_retention_duration",
              s ->
                  s.hasMessageRetentionDuration()
                      ? seconds(s.getMessageRetentionDuration().getSeconds())
                      : RETENTION_UNTOLD),
          new Setting("expiration", "expiration_policy", SubscriptionSettings::expiration),
          new Setting(
              "dead-letter policy", "dead_letter_policy", SubscriptionSettings::deadLetters),
          new Setting(
              "retry policy", "retry_policy", s -> s.hasRetryPolicy() ? "a back-off" : "none"),
          new Setting(
              "exactly-once delivery",
              "enable_exactly_once_delivery",
              s -> s.getEnableExactlyOnceDelivery() ? "on" : "off"),
          new Setting(
              "push endpoint",
              "push_config",
              s ->
                  s.getPushConfig().getPushEndpoint().isEmpty()
                      ? "none"
                      : s.getPushConfig().getPushEndpoint()));

  private SubscriptionSettings() {}

  private static String seconds(long seconds) {
    return seconds + " s";
  }

  private static String expiration(Subscription subscription) {
    if (!subscription.hasExpirationPolicy()) {
      return EXPIRATION_UNTOLD;
    }
    ExpirationPolicy policy = subscription.getExpirationPolicy();
    return policy.hasTtl() ? seconds(policy.getTtl().getSeconds()) : "never";
  }

  private static String deadLetters(Subscription subscription) {
    DeadLetterPolicy policy = subscription.getDeadLetterPolicy();
    return subscription.hasDeadLetterPolicy()
        ? "%s after %d deliveries"
            .formatted(policy.getDeadLetterTopic(), policy.getMaxDeliveryAttempts())
        : "none";
  }

  /** The subscription as the layout has it. */
  static Subscription asked(PubSubClients clients, PubSubLayout.Subscription layout) {
    ExpirationPolicy.Builder expiration = ExpirationPolicy.newBuilder();
    Long expiresAfter = layout.expiresAfterSeconds();
    if (expiresAfter != null) {
      expiration.setTtl(Duration.newBuilder().setSeconds(expiresAfter));
    }
    long retentionSeconds =
        clients.emulated()
            ? Math.min(layout.messageRetentionSeconds(), EMULATOR_RETENTION_SECONDS_MAX)
            : layout.messageRetentionSeconds();
    Subscription.Builder asked =
        Subscription.newBuilder()
            .setName(clients.subscription(layout.name()))
            .setTopic(clients.topic(layout.topic()))
            .setAckDeadlineSeconds(layout.ackDeadlineSeconds())
            .setMessageRetentionDuration(Duration.newBuilder().setSeconds(retentionSeconds))
            .setExpirationPolicy(expiration);
    PubSubLayout.DeadLetterPolicy deadLetters = layout.deadLetter();
    if (deadLetters != null) {
      asked.setDeadLetterPolicy(
          DeadLetterPolicy.newBuilder()
              .setDeadLetterTopic(clients.topic(deadLetters.topic()))
              .setMaxDeliveryAttempts(deadLetters.maxDeliveryAttempts()));
    }
    return asked.build();
  }

  static List<Difference> differences(Subscription there, Subscription asked) {
    return SETTINGS.stream()
        .map(s -> new Difference(s, s.shown().apply(there), s.shown().apply(asked)))
        .filter(difference -> !difference.is().equals(difference.must()))
        .toList();
  }
}
