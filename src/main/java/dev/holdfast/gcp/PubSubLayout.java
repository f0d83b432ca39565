package dev.holdfast.gcp;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which topics and subscriptions there are, as {@code deploy/gcp/pubsub.json} says: the one file
 * that the code, its set-up and Terraform read.
 */
record PubSubLayout(
    Topics topics, Subscriptions subscriptions, EventSubscriptions eventSubscriptions) {

  private static final String RESOURCE = "pubsub.json";

  /** What a topic or a subscription may be called. cloud.google.com/pubsub/docs/pubsub-basics */
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9._~+%-]{2,254}");

  private static final int ACK_DEADLINE_SECONDS_MIN = 10;
  private static final int ACK_DEADLINE_SECONDS_MAX = 600;
  private static final long RETENTION_SECONDS_MIN = 600;
  private static final long RETENTION_SECONDS_MAX = 31 * 86_400;
  private static final long EXPIRATION_SECONDS_MIN = 86_400;
  private static final int DELIVERY_ATTEMPTS_MIN = 5;
  private static final int DELIVERY_ATTEMPTS_MAX = 100;

  PubSubLayout {
    require(
        subscriptions.jobs().topic().equals(topics.jobs())
            && subscriptions.dead().topic().equals(topics.dead())
            && eventSubscriptions.topic().equals(topics.events()),
        "each subscription must be on the topic of its name");
    DeadLetterPolicy policy = subscriptions.jobs().deadLetter();
    require(
        policy == null || policy.topic().equals(topics.dead()),
        "the jobs' dead letters must go to the topic " + topics.dead());
  }

  /** The names of the topics. */
  record Topics(String jobs, String dead, String events) {
    Topics {
      requireName(jobs);
      requireName(dead);
      requireName(events);
    }
  }

  /** The subscriptions that are there for good. */
  record Subscriptions(Subscription jobs, Subscription dead) {}

  /**
   * @param expiresAfterSeconds without use; null for never
   * @param deadLetter the broker's own policy; null for none
   */
  record Subscription(
      String name,
      String topic,
      int ackDeadlineSeconds,
      long messageRetentionSeconds,
      @Nullable Long expiresAfterSeconds,
      @Nullable DeadLetterPolicy deadLetter) {
    Subscription {
      requireName(name);
      requireName(topic);
      requireWithin(
          name + ": ack_deadline_seconds",
          ackDeadlineSeconds,
          ACK_DEADLINE_SECONDS_MIN,
          ACK_DEADLINE_SECONDS_MAX);
      requireWithin(
          name + ": message_retention_seconds",
          messageRetentionSeconds,
          RETENTION_SECONDS_MIN,
          RETENTION_SECONDS_MAX);
      require(
          expiresAfterSeconds == null
              || expiresAfterSeconds >= Math.max(EXPIRATION_SECONDS_MIN, messageRetentionSeconds),
          name + ": expires_after_seconds must be a day or more and no less than the retention");
    }
  }

  /**
   * @param maxDeliveryAttempts after which the broker gives up on a message
   */
  record DeadLetterPolicy(String topic, int maxDeliveryAttempts) {
    DeadLetterPolicy {
      requireName(topic);
      requireWithin(
          "max_delivery_attempts",
          maxDeliveryAttempts,
          DELIVERY_ATTEMPTS_MIN,
          DELIVERY_ATTEMPTS_MAX);
    }
  }

  /** What the short-lived subscription of each listening process is like. */
  record EventSubscriptions(
      String namePrefix,
      String topic,
      int ackDeadlineSeconds,
      long messageRetentionSeconds,
      @Nullable Long expiresAfterSeconds) {

    EventSubscriptions {
      new Subscription(
          namePrefix + "token",
          topic,
          ackDeadlineSeconds,
          messageRetentionSeconds,
          expiresAfterSeconds,
          null);
    }

    /** The subscription of the process with this token. */
    Subscription named(String token) {
      return new Subscription(
          namePrefix + token,
          topic,
          ackDeadlineSeconds,
          messageRetentionSeconds,
          expiresAfterSeconds,
          null);
    }
  }

  /** Reads the file that travels with the classes. */
  static PubSubLayout read() {
    try (InputStream file = PubSubLayout.class.getResourceAsStream(RESOURCE)) {
      if (file == null) {
        throw new IllegalStateException(RESOURCE + " is missing from this build");
      }
      return read(file);
    } catch (IOException e) {
      throw new UncheckedIOException(RESOURCE + " cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * @throws IOException if it is not a lawful layout
   */
  static PubSubLayout read(InputStream file) throws IOException {
    return JsonMapper.builder()
        .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
        .enable(
            DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
            DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
            DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
        .build()
        .readValue(file, PubSubLayout.class);
  }

  private static void requireName(String name) {
    require(
        NAME.matcher(name).matches() && !name.startsWith("goog"),
        "not a name of a topic or a subscription: " + name);
  }

  private static void requireWithin(String what, long value, long min, long max) {
    require(
        value >= min && value <= max,
        "%s is %d; it must be from %d to %d".formatted(what, value, min, max));
  }

  private static void require(boolean lawful, String otherwise) {
    if (!lawful) {
      throw new IllegalArgumentException(RESOURCE + ": " + otherwise);
    }
  }
}
