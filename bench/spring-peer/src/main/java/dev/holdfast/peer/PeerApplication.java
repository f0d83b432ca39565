package dev.holdfast.peer;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * A worker as Spring Cloud GCP's documentation has it: a channel adapter subscribes to messages
 * that carry their text, a service activator embeds it with DJL and stores what came of it, and the
 * adapter acknowledges when that has returned. Everything has the settings that are documented as
 * the defaults: one streaming pull, four threads.
 *
 * <p>What it does not do: it has no checkpoint, since a text is all of its job; no lease on the
 * record and no fence, so that two deliveries of one message are worked on twice; no events, no
 * list of what waits, no micro-batches, no drain within a deadline.
 */
@SpringBootApplication
public class PeerApplication {

  public static void main(String[] args) {
    SpringApplication.run(PeerApplication.class, args);
  }
}
