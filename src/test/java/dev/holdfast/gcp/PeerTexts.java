package dev.holdfast.gcp;

import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import dev.holdfast.job.JobId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Messages for the benchmark's Spring peer: each carries its text and the name of its job. Every
 * round has a topic and a subscription of its own, since the emulator does not forget a stream that
 * was closed. Blocks.
 */
public final class PeerTexts implements AutoCloseable {

  private static final int ACK_DEADLINE_SECONDS = 60;
  private static final int MESSAGES_MAX = 500;

  private final PubSubClients clients;
  private int rounds;

  public PeerTexts(GcpOptions options) throws IOException {
    clients = PubSubClients.open(options, List.of());
  }

  /**
   * Blocks until Pub/Sub has all of them.
   *
   * @return the subscription where they wait
   */
  public String publish(int count, IntFunction<String> text) {
    rounds++;
    String name = "peer-texts-" + rounds;
    String topic = clients.topic(name);
    clients.publisher().createTopicCallable().call(Topic.newBuilder().setName(topic).build());
    clients
        .subscriber()
        .createSubscriptionCallable()
        .call(
            Subscription.newBuilder()
                .setName(clients.subscription(name))
                .setTopic(topic)
                .setAckDeadlineSeconds(ACK_DEADLINE_SECONDS)
                .build());
    List<PubsubMessage> batch = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      batch.add(
          PubsubMessage.newBuilder()
              .setData(ByteString.copyFromUtf8(text.apply(i)))
              .putAttributes("job", JobId.random().value())
              .build());
      if (batch.size() == MESSAGES_MAX || i == count - 1) {
        clients
            .publisher()
            .publishCallable()
            .call(PublishRequest.newBuilder().setTopic(topic).addAllMessages(batch).build());
        batch.clear();
      }
    }
    return name;
  }

  @Override
  public void close() {
    clients.close();
  }
}
