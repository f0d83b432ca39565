package dev.holdfast.gcp;

import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PubsubMessage;
import dev.holdfast.gcp.CallFailure.Role;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/** Messages on their way to topics, many in one call. Thread-safe. */
final class PubSubPublishing {

  /** The attribute that names the job; the message's data does so too. */
  static final String JOB = "job";

  // What the service takes: cloud.google.com/pubsub/quotas#resource_limits
  static final int ATTRIBUTES_MAX = 100;
  static final int KEY_BYTES_MAX = 256;
  static final int VALUE_BYTES_MAX = 1_024;

  static final Gathering.Limits LIMITS = new Gathering.Limits(Gathering.INTERVAL, 1_000, 1 << 20);

  private final PubSubGathering<String, PubsubMessage> gathering;

  /**
   * @param limit for a call, its retries counted in
   */
  PubSubPublishing(PubSubClients clients, Duration limit) {
    gathering =
        new PubSubGathering<>(
            clients,
            LIMITS,
            (topic, messages) ->
                CallFailure.named(
                    "publish to " + topic,
                    Role.PUBLISHER,
                    () ->
                        clients
                            .publisher()
                            .publishCallable()
                            .futureCall(
                                PublishRequest.newBuilder()
                                    .setTopic(clients.topic(topic))
                                    .addAllMessages(messages)
                                    .build(),
                                PubSubClients.within(limit))));
  }

  /**
   * Completes on the library's thread when Pub/Sub has the message.
   *
   * @param topic its short name
   */
  Future<Void> publish(String topic, JobId job, Map<String, String> attributes) {
    PubsubMessage message =
        PubsubMessage.newBuilder()
            .setData(ByteString.copyFromUtf8(job.value()))
            .putAllAttributes(attributes)
            .putAttributes(JOB, job.value())
            .build();
    if (message.getAttributesCount() > ATTRIBUTES_MAX) {
      return refused("A message has at most %d attributes.".formatted(ATTRIBUTES_MAX - 1));
    }
    for (Map.Entry<String, String> attribute : attributes.entrySet()) {
      int keyBytes = bytes(attribute.getKey());
      if (keyBytes == 0 || keyBytes > KEY_BYTES_MAX || attribute.getKey().startsWith("goog")) {
        return refused(
            "A message's attribute has a name of 1 to %d bytes that does not begin with goog."
                .formatted(KEY_BYTES_MAX));
      }
      if (bytes(attribute.getValue()) > VALUE_BYTES_MAX) {
        return refused(
            "A message's attribute has a value of at most %d bytes.".formatted(VALUE_BYTES_MAX));
      }
    }
    return gathering.add(topic, message, message.getSerializedSize());
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static Future<Void> refused(String why) {
    return Future.failedFuture(JobError.INVALID_REQUEST.because(why));
  }

  /** Sends what has been gathered, and refuses what comes later. */
  void close() {
    gathering.close();
  }
}
