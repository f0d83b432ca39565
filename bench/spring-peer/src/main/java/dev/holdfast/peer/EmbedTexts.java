package dev.holdfast.peer;

import org.springframework.integration.annotation.ServiceActivator;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.stereotype.Component;

/** The work itself. When this returns, the adapter acknowledges the message. */
@Component
class EmbedTexts {

  private final Embedder embedder;
  private final Results results;
  private final Handled handled;

  EmbedTexts(Embedder embedder, Results results, Handled handled) {
    this.embedder = embedder;
    this.results = results;
    this.handled = handled;
  }

  @ServiceActivator(inputChannel = PeerFlow.TEXTS)
  void embed(String text, @Header("job") String job) throws Exception {
    results.begun(job);
    float[] vector = embedder.embed(text);
    results.done(job, vector);
    handled.one(job);
  }
}
