package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.pubsub.v1.DeleteSubscriptionRequest;
import com.google.pubsub.v1.DeleteTopicRequest;
import com.google.pubsub.v1.GetSubscriptionRequest;
import com.google.pubsub.v1.ListTopicSubscriptionsRequest;
import dev.holdfast.contract.JobEventsContract;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import dev.holdfast.world.OnEmulators;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@OnEmulators
class PubSubJobEventsTest extends JobEventsContract {

  private PubSubWorld world;
  private PubSubJobEvents events;
  private PubSubJobEvents another;

  @BeforeEach
  void open() {
    world = new PubSubWorld();
    events = world.events();
    another = world.events();
  }

  @AfterEach
  void close() {
    world.close();
  }

  @Override
  protected JobEvents events() {
    return events;
  }

  @Override
  protected JobEvents another() {
    return another;
  }

  @Override
  protected boolean ordered() {
    return false;
  }

  private static JobEvent event() {
    return new JobEvent(JobId.random(), 1, JobState.QUEUED, new Job.Progress(0, 0, null));
  }

  private List<String> subscriptions() {
    PubSubClients clients = world.clients();
    return clients
        .publisher()
        .listTopicSubscriptionsCallable()
        .call(
            ListTopicSubscriptionsRequest.newBuilder()
                .setTopic(clients.topic(world.layout().topics().events()))
                .build())
        .getSubscriptionsList();
  }

  @Test
  void theSubscriptionEndsWithTheProcess() {
    assertThat(subscriptions()).hasSize(2);
    another.close();
    assertThat(subscriptions()).hasSize(1);
    another.close();
  }

  @Test
  void aSubscriptionThatVanishedIsMadeAgain() throws InterruptedException {
    PubSubClients clients = world.clients();
    subscriptions()
        .forEach(
            subscription ->
                clients
                    .subscriber()
                    .deleteSubscriptionCallable()
                    .call(
                        DeleteSubscriptionRequest.newBuilder()
                            .setSubscription(subscription)
                            .build()));
    assertHeardAgain();
  }

  @Test
  void aTopicThatVanishedIsWaitedFor() throws InterruptedException {
    PubSubClients clients = world.clients();
    String topic = clients.topic(world.layout().topics().events());
    subscriptions()
        .forEach(
            subscription ->
                clients
                    .subscriber()
                    .deleteSubscriptionCallable()
                    .call(
                        DeleteSubscriptionRequest.newBuilder()
                            .setSubscription(subscription)
                            .build()));
    clients
        .publisher()
        .deleteTopicCallable()
        .call(DeleteTopicRequest.newBuilder().setTopic(topic).build());
    // opened without a topic, too
    PubSubJobEvents late = world.events();
    assertThat(late).isNotNull();
    new PubSubSetup(clients, world.layout()).init();
    assertHeardAgain();
  }

  private void assertHeardAgain() throws InterruptedException {
    BlockingQueue<JobEvent> heard = new LinkedBlockingQueue<>();
    try (JobEvents.Subscription subscription = another.subscribe(heard::add)) {
      assertThat(subscription).isNotNull();
      JobEvent event = event();
      long until = System.nanoTime() + patience().toNanos();
      JobEvent first = null;
      while (first == null && System.nanoTime() < until) {
        await(events.publish(event));
        first = heard.poll(200, TimeUnit.MILLISECONDS);
      }
      assertThat(first).isEqualTo(event);
    }
  }

  @Test
  void pubSubKeepsAwayWhatNobodyHereWants() throws InterruptedException {
    List<String> before = subscriptions();
    Set<JobState> ends = Set.of(JobState.CANCELLED, JobState.FAILED);
    PubSubJobEvents picky = PubSubJobEvents.open(world.clients(), world.layout(), ends);
    String name =
        subscriptions().stream().filter(s -> !before.contains(s)).findFirst().orElseThrow();
    assertThat(world.clients().subscriber().getSubscriptionCallable().call(named(name)).getFilter())
        .isEqualTo("attributes.state = \"failed\" OR attributes.state = \"cancelled\"");
    BlockingQueue<JobEvent> heard = new LinkedBlockingQueue<>();
    try (JobEvents.Subscription subscription = picky.subscribe(ends, heard::add)) {
      assertThat(subscription).isNotNull();
      await(events.publish(event()));
      JobEvent end =
          new JobEvent(JobId.random(), 2, JobState.CANCELLED, new Job.Progress(0, 0, null));
      await(events.publish(end));
      assertThat(heard.poll(patience().toMillis(), TimeUnit.MILLISECONDS)).isEqualTo(end);
    }
    assertThatThrownBy(() -> picky.subscribe(event -> {}))
        .isInstanceOf(IllegalStateException.class);
    picky.close();
  }

  private static GetSubscriptionRequest named(String name) {
    return GetSubscriptionRequest.newBuilder().setSubscription(name).build();
  }

  @Test
  void aProcessThatHearsNothingMakesNoSubscription() {
    PubSubJobEvents deaf = PubSubJobEvents.open(world.clients(), world.layout(), Set.of());
    assertThat(subscriptions()).hasSize(2);
    assertThatThrownBy(() -> deaf.subscribe(event -> {})).isInstanceOf(IllegalStateException.class);
    deaf.close();
  }
}
