package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PubsubMessage;
import dev.holdfast.contract.Futures;
import dev.holdfast.contract.JobQueueContract;
import dev.holdfast.contract.Jobs;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobQueue.DeadLetter;
import dev.holdfast.job.JobQueue.Delivery;
import dev.holdfast.job.JobQueue.Message;
import dev.holdfast.world.OnEmulators;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@OnEmulators
class PubSubJobQueueTest extends JobQueueContract {

  private static final Duration LEASE = JobQueue.ACK_DEADLINE;

  private PubSubWorld world;
  private PubSubJobQueue queue;
  private PubSubJobQueue another;

  @BeforeEach
  void open() {
    world = new PubSubWorld();
    queue = world.queue();
    another = world.queue();
  }

  @AfterEach
  void close() {
    world.close();
  }

  @Override
  protected JobQueue queue() {
    return queue;
  }

  @Override
  protected JobQueue another() {
    return another;
  }

  @Override
  protected Duration shortDeadline() {
    return Duration.ofSeconds(1);
  }

  /** Long enough that a delayed release, four of these, is more than a second. */
  @Override
  protected Duration silence() {
    return Duration.ofMillis(500);
  }

  private static Message message() {
    return new Message(JobId.random(), Map.of(Message.MODEL, "minilm"));
  }

  @Test
  void aHundredMessagesThatComeTogetherTakeAHandfulOfCalls() {
    try (RpcFaults faults = new RpcFaults()) {
      PubSubJobQueue counted = world.queue(faults);
      long began = System.nanoTime();
      List<Future<?>> published = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        published.add(counted.publish(message()));
      }
      await(Future.all(published));
      assertThat(faults.calls().get("Publish"))
          .isLessThanOrEqualTo(Pace.calls(PubSubPublishing.LIMITS, 100, began));
      List<Delivery> held = new ArrayList<>();
      while (held.size() < 100) {
        held.addAll(await(counted.pull(100, LEASE, patience())));
      }
      await(counted.extend(held, LEASE));
      began = System.nanoTime();
      await(Future.all(held.stream().map(Delivery::ack).toList()));
      assertThat(faults.calls().get("Acknowledge"))
          .isLessThanOrEqualTo(Pace.calls(PubSubLeases.LIMITS, 100, began));
      assertThat(faults.calls().get("Pull")).isLessThanOrEqualTo(10);
      assertThat(faults.calls().get("ModifyAckDeadline")).isEqualTo(1);
    }
  }

  @Test
  void whatIsPulledIsInHandUntilItIsSettled() {
    PubSubClients clients = world.clients();
    try (PubSubJobQueue mine = new PubSubJobQueue(clients, world.layout())) {
      await(Future.all(Stream.generate(() -> mine.publish(message())).limit(InHand.MANY).toList()));
      List<Delivery> held = new ArrayList<>();
      while (held.size() < InHand.MANY) {
        assertThat(clients.inHand().many()).isFalse();
        held.addAll(await(mine.pull(InHand.MANY - held.size(), LEASE, patience())));
      }
      assertThat(clients.inHand().many()).isTrue();
      await(held.get(0).ack());
      assertThat(clients.inHand().many()).isFalse();
      await(Future.all(held.stream().map(Delivery::ack).toList()));
    }
  }

  @Test
  void aPullThatWaitsForNothingIsAHandfulOfCalls() {
    try (RpcFaults faults = new RpcFaults()) {
      PubSubJobQueue counted = world.queue(faults);

      assertThat(await(counted.pull(1, LEASE, Duration.ofSeconds(1)))).isEmpty();

      assertThat(faults.calls().get("Pull")).isBetween(1, 5);
    }
  }

  @Test
  void aMessageThatNamesNoJobIsDroppedAndTheNextIsDelivered() {
    PubSubClients clients = world.clients();
    for (String data : List.of("not a job", "\u0000", "job_")) {
      clients
          .publisher()
          .publishCallable()
          .call(
              PublishRequest.newBuilder()
                  .setTopic(clients.topic(world.layout().topics().jobs()))
                  .addMessages(PubsubMessage.newBuilder().setData(ByteString.copyFromUtf8(data)))
                  .build());
    }
    Message message = message();
    await(queue.publish(message));
    List<Delivery> pulled = new ArrayList<>();
    while (pulled.isEmpty() || queue.strangers() < 3) {
      pulled.addAll(await(queue.pull(1, LEASE, patience())));
    }
    assertThat(pulled).extracting(Delivery::message).containsExactly(message);
    assertThat(await(another.pull(10, LEASE, silence()))).isEmpty();
  }

  @Test
  void attributesThatTheServiceWouldRefuseAreRefused() {
    Map<String, String> many = new HashMap<>();
    for (int i = 0; i < PubSubPublishing.ATTRIBUTES_MAX; i++) {
      many.put("a" + i, "");
    }
    List<Map<String, String>> refused =
        List.of(
            many,
            Map.of("", "x"),
            Map.of("google", "x"),
            Map.of("k".repeat(PubSubPublishing.KEY_BYTES_MAX + 1), "x"),
            Map.of("k", "ü".repeat(PubSubPublishing.VALUE_BYTES_MAX / 2) + "x"));
    for (Map<String, String> attributes : refused) {
      Futures.refusal(
          queue.publish(new Message(JobId.random(), attributes)), JobError.INVALID_REQUEST);
    }
    many.remove("a0");
    Message most = new Message(JobId.random(), many);
    await(queue.publish(most));
    assertThat(await(queue.pull(1, LEASE, patience())).get(0).message()).isEqualTo(most);
  }

  @Test
  void durationsAreWholeSecondsRoundedUpWithinWhatTheServiceTakes() {
    assertThat(PubSubLeases.seconds(Duration.ZERO)).isZero();
    assertThat(PubSubLeases.seconds(Duration.ofSeconds(-5))).isZero();
    assertThat(PubSubLeases.seconds(Duration.ofNanos(1))).isEqualTo(1);
    assertThat(PubSubLeases.seconds(Duration.ofMillis(1_001))).isEqualTo(2);
    assertThat(PubSubLeases.seconds(Duration.ofDays(9_999))).isEqualTo(PubSubLeases.SECONDS_MAX);
  }

  @Test
  void aLongReasonIsCutAndALetterOfTheBrokerIsExplained() {
    String reason = "é".repeat(2_000);
    DeadLetter letter = new DeadLetter(JobId.random(), reason, 3, 7, Jobs.NOON);
    await(queue.deadLetter(letter));
    PubSubClients clients = world.clients();
    JobId given = JobId.random();
    clients
        .publisher()
        .publishCallable()
        .call(
            PublishRequest.newBuilder()
                .setTopic(clients.topic(world.layout().topics().dead()))
                .addMessages(
                    PubsubMessage.newBuilder()
                        .setData(ByteString.copyFromUtf8(given.value()))
                        .putAttributes("CloudPubSubDeadLetterSourceSubscription", "s")
                        .putAttributes("CloudPubSubDeadLetterSourceDeliveryCount", "100"))
                .build());
    List<DeadLetter> letters = await(another.deadLetters(10));
    assertThat(letters).hasSize(2);
    assertThat(letters.get(0).job()).isEqualTo(given);
    assertThat(letters.get(0).reason()).contains("Pub/Sub itself gave up", "100 deliveries");
    assertThat(letters.get(1).job()).isEqualTo(letter.job());
    assertThat(reason).startsWith(letters.get(1).reason());
    assertThat(letters.get(1).reason().getBytes(StandardCharsets.UTF_8))
        .hasSize(PubSubPublishing.VALUE_BYTES_MAX);
    assertThat(letters.get(1).fence()).isEqualTo(7);
  }

  @Test
  void closingAnswersAPullThatWaitsAndGivesBackWhatItsLastPollBrings() {
    PubSubJobQueue closing = world.queue();
    Future<List<Delivery>> waiting = closing.pull(10, LEASE, patience());
    Message message = message();
    Thread closer = new Thread(closing::close);
    closer.start();
    assertThat(await(waiting)).isEmpty();
    await(queue.publish(message));
    // the last poll takes it, and must give it back long before its lease ends
    List<Delivery> again = await(another.pull(10, LEASE, patience()));
    assertThat(again).extracting(Delivery::message).containsExactly(message);
    joined(closer);
    Futures.refusal(closing.pull(1, LEASE, Duration.ZERO), JobError.UNAVAILABLE);
  }

  private static void joined(Thread thread) {
    try {
      thread.join(10_000);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    assertThat(thread.isAlive()).isFalse();
  }
}
