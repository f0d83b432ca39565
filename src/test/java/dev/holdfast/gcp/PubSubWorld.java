package dev.holdfast.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gcp.GcpSetup.Finding;
import dev.holdfast.job.JobEvents;
import dev.holdfast.world.GoogleEmulators;
import io.grpc.ClientInterceptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** A project of its own on the Pub/Sub emulator, and what processes open there. */
final class PubSubWorld implements AutoCloseable {

  private final GcpOptions options = GoogleEmulators.fresh();
  private final PubSubLayout layout;
  private final Deque<Runnable> closing = new ArrayDeque<>();

  PubSubWorld() {
    this(PubSubLayout.read());
  }

  PubSubWorld(PubSubLayout layout) {
    this.layout = layout;
    assertThat(new PubSubSetup(clients(), layout).init())
        .extracting(Finding::level)
        .containsOnly(GcpSetup.Level.OK);
  }

  /** The checked-in layout, but with another ack deadline of the jobs' subscription. */
  static PubSubLayout withAckDeadline(int seconds) {
    PubSubLayout layout = PubSubLayout.read();
    PubSubLayout.Subscription jobs = layout.subscriptions().jobs();
    return new PubSubLayout(
        layout.topics(),
        new PubSubLayout.Subscriptions(
            new PubSubLayout.Subscription(
                jobs.name(),
                jobs.topic(),
                seconds,
                jobs.messageRetentionSeconds(),
                jobs.expiresAfterSeconds(),
                jobs.deadLetter()),
            layout.subscriptions().dead()),
        layout.eventSubscriptions());
  }

  GcpOptions options() {
    return options;
  }

  PubSubLayout layout() {
    return layout;
  }

  /** The clients of one more process. */
  PubSubClients clients(ClientInterceptor... interceptors) {
    try {
      PubSubClients clients = PubSubClients.open(options, List.of(interceptors));
      closing.push(clients::close);
      return clients;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The queue as one more process has it. */
  PubSubJobQueue queue(ClientInterceptor... interceptors) {
    PubSubJobQueue queue = new PubSubJobQueue(clients(interceptors), layout);
    closing.push(queue::close);
    return queue;
  }

  /** The events as one more process hears them. */
  PubSubJobEvents events(ClientInterceptor... interceptors) {
    PubSubJobEvents events =
        PubSubJobEvents.open(clients(interceptors), layout, JobEvents.EVERY_STATE);
    closing.push(events::close);
    return events;
  }

  @Override
  public void close() {
    closing.forEach(Runnable::run);
  }
}
