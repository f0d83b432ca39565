package dev.holdfast.peer;

import com.google.api.gax.core.CredentialsProvider;
import com.google.cloud.NoCredentials;
import com.google.cloud.spring.core.GcpProjectIdProvider;
import com.google.cloud.spring.pubsub.core.PubSubTemplate;
import com.google.cloud.spring.pubsub.integration.AckMode;
import com.google.cloud.spring.pubsub.integration.inbound.PubSubInboundChannelAdapter;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.StorageOptions;
import java.io.IOException;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.integration.channel.DirectChannel;
import org.springframework.integration.dsl.IntegrationFlow;
import org.springframework.messaging.MessageChannel;

/** From Pub/Sub to the service activator. */
@Configuration
class PeerFlow {

  static final String TEXTS = "texts";

  private final PubSubTemplate pubSub;

  PeerFlow(PubSubTemplate pubSub) {
    this.pubSub = pubSub;
  }

  @Bean
  MessageChannel texts() {
    return new DirectChannel();
  }

  /**
   * One for each round of the benchmark: the emulator goes on handing messages to a stream that was
   * closed, so that a subscription is good for one round only.
   */
  IntegrationFlow from(String subscription) {
    PubSubInboundChannelAdapter adapter = new PubSubInboundChannelAdapter(pubSub, subscription);
    adapter.setPayloadType(String.class);
    adapter.setAckMode(AckMode.AUTO);
    return IntegrationFlow.from(adapter).channel(TEXTS).get();
  }

  @Bean
  Embedder embedder(@Value("${peer.model}") String model) throws Exception {
    return model.equals("none") ? new NoModel() : DjlEmbedder.load(model);
  }

  /** What stands in for Cloud Storage asks for none. Static, since Pub/Sub's own beans need it. */
  @Bean
  static CredentialsProvider googleCredentials() {
    return NoCredentials::getInstance;
  }

  /** As the auto-configuration makes it, which forgets a port. */
  @Bean
  static Storage storage(
      GcpProjectIdProvider project,
      CredentialsProvider credentials,
      @Value("${peer.storage}") String host)
      throws IOException {
    return StorageOptions.newBuilder()
        .setProjectId(project.getProjectId())
        .setCredentials(credentials.getCredentials())
        .setHost(host)
        .build()
        .getService();
  }
}
