package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.gcp.RpcFaults.Fault;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobQueue.Delivery;
import dev.holdfast.job.JobQueue.Message;
import dev.holdfast.job.JobState;
import dev.holdfast.world.OnEmulators;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a spoiled call does to each verb: it is tried again, or it fails in time and in words. */
@OnEmulators
class PubSubFaultsTest {

  private static final Duration LEASE = JobQueue.ACK_DEADLINE;
  private static final Duration PATIENCE = Duration.ofSeconds(8);

  /** The limit of a call, and what a busy machine adds. */
  private static final Duration BOUND = PubSubClients.CALL_LIMIT.plusSeconds(3);

  private static final int FOR_EVER = 1_000;

  private PubSubWorld world;
  private RpcFaults faults;
  private PubSubJobQueue queue;
  private PubSubJobQueue sound;

  @BeforeEach
  void open() {
    // a short deadline, after which a lost reply's messages come again
    world = new PubSubWorld(PubSubWorld.withAckDeadline(10));
    faults = new RpcFaults();
    queue = world.queue(faults);
    sound = world.queue();
  }

  @AfterEach
  void close() {
    faults.reset();
    world.close();
    faults.close();
  }

  /** What a worker or a client asks of the queue, and the method that does it. */
  private enum Verb {
    PUBLISH("Publish", "roles/pubsub.publisher"),
    PULL("Pull", "roles/pubsub.subscriber"),
    ACK("Acknowledge", "roles/pubsub.subscriber"),
    RELEASE("ModifyAckDeadline", "roles/pubsub.subscriber"),
    EXTEND("ModifyAckDeadline", "roles/pubsub.subscriber");

    private final String method;
    private final String role;

    Verb(String method, String role) {
      this.method = method;
      this.role = role;
    }
  }

  private static Message message() {
    return new Message(JobId.random(), Map.of());
  }

  private Delivery delivery() {
    await(sound.publish(message()));
    List<Delivery> pulled = await(queue.pull(1, LEASE, PATIENCE));
    assertThat(pulled).hasSize(1);
    return pulled.get(0);
  }

  /** The verb, ready to be done once what it needs is there. */
  private Runnable prepared(Verb verb) {
    return switch (verb) {
      case PUBLISH -> () -> await(queue.publish(message()), BOUND);
      case PULL -> {
        await(sound.publish(message()));
        yield () -> assertThat(await(queue.pull(1, Duration.ofSeconds(10), PATIENCE))).hasSize(1);
      }
      case ACK -> {
        Delivery delivery = delivery();
        yield () -> await(delivery.ack(), BOUND);
      }
      case RELEASE -> {
        Delivery delivery = delivery();
        yield () -> await(delivery.release(Duration.ZERO), BOUND);
      }
      case EXTEND -> {
        Delivery delivery = delivery();
        yield () -> await(queue.extend(List.of(delivery), LEASE), BOUND);
      }
    };
  }

  private static Duration time(Runnable task) {
    long before = System.nanoTime();
    task.run();
    return Duration.ofNanos(System.nanoTime() - before);
  }

  @ParameterizedTest
  @EnumSource(Verb.class)
  void oneUnavailableIsTriedAgain(Verb verb) {
    Runnable call = prepared(verb);
    faults.reset();
    faults.next(verb.method, Fault.UNAVAILABLE, 1);
    call.run();
    assertThat(faults.calls().get(verb.method)).isGreaterThanOrEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource(Verb.class)
  void unavailableForLongFailsInTime(Verb verb) {
    Runnable call = prepared(verb);
    faults.next(verb.method, Fault.UNAVAILABLE, FOR_EVER);
    Duration took =
        time(
            () ->
                assertThatThrownBy(call::run)
                    .hasMessageContaining("Pub/Sub could not")
                    .hasMessageContaining("cannot be reached"));
    assertThat(took).isLessThan(BOUND);
  }

  @ParameterizedTest
  @EnumSource(Verb.class)
  void aDeniedCallFailsAtOnceAndNamesTheRole(Verb verb) {
    Runnable call = prepared(verb);
    faults.next(verb.method, Fault.DENIED, FOR_EVER);
    Duration took = time(() -> assertThatThrownBy(call::run).hasMessageContaining(verb.role));
    assertThat(took).isLessThan(Duration.ofSeconds(2));
  }

  @ParameterizedTest
  @EnumSource(
      value = Verb.class,
      names = {"PUBLISH", "ACK", "RELEASE", "EXTEND"})
  void aStalledCallIsGivenUpForAnother(Verb verb) {
    Runnable call = prepared(verb);
    faults.next(verb.method, Fault.STALL, 1);
    assertThat(time(call)).isLessThan(BOUND);
    faults.next(verb.method, Fault.STALL, FOR_EVER);
    if (verb == Verb.PUBLISH) {
      assertThat(
              time(() -> assertThatThrownBy(call::run).hasMessageContaining("no answer in time")))
          .isLessThan(BOUND);
    }
  }

  @Test
  void aStalledPullEndsWithItsWait() {
    await(sound.publish(message()));
    faults.next("Pull", Fault.STALL, FOR_EVER);
    Duration took =
        time(() -> assertThat(await(queue.pull(1, LEASE, Duration.ofSeconds(2)))).isEmpty());
    assertThat(took).isLessThan(Duration.ofSeconds(5));
    faults.reset();
    assertThat(await(queue.pull(1, LEASE, PATIENCE))).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(
      value = Verb.class,
      names = {"PUBLISH", "ACK", "EXTEND"})
  void aLostReplyIsAskedForAgain(Verb verb) {
    Runnable call = prepared(verb);
    faults.reset();
    faults.next(verb.method, Fault.LOSE_REPLY, 1);
    call.run();
    assertThat(faults.calls()).containsEntry(verb.method, 2);
  }

  @Test
  void aReleaseWhoseReplyWasLostHarmsNobody() {
    Delivery delivery = delivery();
    faults.next("ModifyAckDeadline", Fault.LOSE_REPLY, 1);
    Future<List<Delivery>> next = sound.pull(1, LEASE, PATIENCE);
    await(delivery.release(Duration.ZERO));
    assertThat(await(next)).extracting(d -> d.message().job()).contains(delivery.message().job());
  }

  @Test
  void whatALostPullBroughtComesAgainAfterItsAckDeadline() {
    Message message = message();
    await(sound.publish(message));
    faults.next("Pull", Fault.LOSE_REPLY, 1);
    long before = System.nanoTime();
    List<Delivery> pulled = await(queue.pull(1, Duration.ofSeconds(10), Duration.ofSeconds(20)));
    assertThat(pulled).extracting(Delivery::message).containsExactly(message);
    assertThat(Duration.ofNanos(System.nanoTime() - before))
        .isBetween(Duration.ofSeconds(8), Duration.ofSeconds(16));
  }

  @Test
  void aSettlementThatFailedCanBeMadeAgain() {
    Delivery delivery = delivery();
    faults.next("Acknowledge", Fault.DENIED, 1);
    assertThatThrownBy(() -> await(delivery.ack())).hasMessageContaining("permission denied");
    await(delivery.ack());
    assertThat(await(sound.pull(1, LEASE, Duration.ofMillis(500)))).isEmpty();
  }

  @Test
  void noOtherMessageSuffersFromAnIdThatIsNotKnown() {
    await(sound.publish(message()));
    await(sound.publish(message()));
    PubSubClients clients = world.clients();
    PubSubLeases leases = new PubSubLeases(clients, world.layout().subscriptions().jobs().name());
    PubSubPulls pulls =
        new PubSubPulls(clients, leases, world.layout().subscriptions().jobs().name());
    List<String> ids = new ArrayList<>(List.of("bogus"));
    while (ids.size() < 3) {
      await(pulls.pull(2, PATIENCE)).forEach(m -> ids.add(m.getAckId()));
    }
    await(leases.lease(ids, 20));
    await(Future.all(ids.stream().map(leases::ack).toList()));
    assertThat(await(sound.pull(2, LEASE, Duration.ofMillis(500)))).isEmpty();
  }

  @Test
  void newsThatCannotBeSentFailsSoon() {
    PubSubJobEvents events = PubSubJobEvents.open(world.clients(faults), world.layout(), Set.of());
    JobEvent event = new JobEvent(JobId.random(), 1, JobState.QUEUED, new Job.Progress(0, 0, 1L));
    faults.next("Publish", Fault.STALL, FOR_EVER);
    Duration took = time(() -> assertThatThrownBy(() -> await(events.publish(event))).isNotNull());
    assertThat(took).isLessThan(Duration.ofSeconds(4));
    events.close();
  }

  @Test
  void eventsComeAgainAfterAnOutage() throws InterruptedException {
    PubSubJobEvents events = world.events(faults);
    var heard = new LinkedBlockingQueue<JobEvent>();
    try (var subscription = events.subscribe(heard::add)) {
      assertThat(subscription).isNotNull();
      faults.next("Pull", Fault.UNAVAILABLE, 4);
      JobEvent event = new JobEvent(JobId.random(), 1, JobState.QUEUED, new Job.Progress(0, 0, 1L));
      await(events.publish(event));
      assertThat(heard.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(event);
    }
  }

  @Test
  void whatHasNoRoomIsRefusedAtOnce() {
    faults.next("Publish", Fault.STALL, FOR_EVER);
    Future<Void> refused = Future.succeededFuture();
    for (int i = 0; i < 10_001; i++) {
      refused = queue.publish(message());
    }
    Future<Void> last = refused;
    assertThatThrownBy(() -> await(last, Duration.ofSeconds(1)))
        .hasMessageContaining("Too many calls");
  }
}
