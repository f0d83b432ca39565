package dev.holdfast.contract;

import static dev.holdfast.contract.Futures.await;
import static dev.holdfast.contract.Jobs.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.JobId;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobQueue.DeadLetter;
import dev.holdfast.job.JobQueue.Delivery;
import dev.holdfast.job.JobQueue.Message;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every {@link JobQueue} does. Each test begins with an empty queue. */
public abstract class JobQueueContract {

  private static final Duration LONG = Duration.ofMinutes(5);

  protected abstract JobQueue queue();

  /** The same queue as another process has it. */
  protected abstract JobQueue another();

  /** How long what must happen may take. */
  protected Duration patience() {
    return Duration.ofSeconds(10);
  }

  /** How long what must not happen is waited for. */
  protected Duration silence() {
    return Duration.ofMillis(300);
  }

  /** The shortest ack deadline that the queue keeps. */
  protected Duration shortDeadline() {
    return Duration.ofMillis(400);
  }

  private static Message message() {
    return new Message(JobId.random(), Map.of(Message.MODEL, "minilm", "x", "ü \" '"));
  }

  private List<Delivery> pull(JobQueue queue, Duration ackDeadline) {
    return await(queue.pull(10, ackDeadline, patience()));
  }

  private Delivery pullOne(JobQueue queue, Duration ackDeadline) {
    List<Delivery> deliveries = pull(queue, ackDeadline);
    assertThat(deliveries).hasSize(1);
    return deliveries.get(0);
  }

  private void assertNothingToPull() {
    assertThat(await(another().pull(10, LONG, silence()))).isEmpty();
  }

  @Test
  void deliversAMessageOnceToOneProcess() {
    Message message = message();
    await(queue().publish(message));
    Delivery delivery = pullOne(another(), LONG);
    assertThat(delivery.message()).isEqualTo(message);
    assertThat(await(queue().pull(10, LONG, silence()))).isEmpty();
    await(delivery.ack());
    assertNothingToPull();
  }

  @Test
  void aWaitingPullHearsOfAMessageOfAnotherProcess() {
    Future<List<Delivery>> waiting = queue().pull(10, LONG, patience());
    Message message = message();
    await(another().publish(message));
    assertThat(await(waiting)).extracting(Delivery::message).containsExactly(message);
  }

  @Test
  void anEmptyQueueEndsAPullAfterItsWait() {
    assertThat(await(queue().pull(1, LONG, Duration.ZERO))).isEmpty();
    assertThat(await(queue().pull(1, LONG, silence()))).isEmpty();
  }

  @Test
  void pullsNoMoreThanAskedFor() {
    IntStream.range(0, 5).forEach(i -> await(queue().publish(message())));
    assertThat(await(queue().pull(3, LONG, patience()))).hasSizeBetween(1, 3);
  }

  @Test
  void redeliversAfterTheDeadlineToAnyone() {
    Message message = message();
    await(queue().publish(message));
    pullOne(queue(), shortDeadline());
    Delivery again = pullOne(another(), LONG);
    assertThat(again.message()).isEqualTo(message);
  }

  @Test
  void anExtensionKeepsSeveralDeliveries() {
    await(queue().publish(message()));
    await(queue().publish(message()));
    List<Delivery> held = new ArrayList<>();
    while (held.size() < 2) {
      held.addAll(
          await(queue().pull(2 - held.size(), shortDeadline().multipliedBy(3), patience())));
    }
    await(queue().extend(held, LONG));
    assertThat(await(another().pull(10, LONG, shortDeadline().multipliedBy(4)))).isEmpty();
    held.forEach(delivery -> await(delivery.ack()));
  }

  @Test
  void aReleasedMessageComesBackAtOnce() {
    await(queue().publish(message()));
    Delivery delivery = pullOne(queue(), LONG);
    await(delivery.release(Duration.ZERO));
    assertThat(pullOne(another(), LONG).message()).isEqualTo(delivery.message());
  }

  @Test
  void aReleaseWithDelayIsKeptForThatLong() {
    await(queue().publish(message()));
    Delivery delivery = pullOne(queue(), LONG);
    Duration delay = silence().multipliedBy(4);
    long before = System.nanoTime();
    await(delivery.release(delay));
    assertNothingToPull();
    pullOne(another(), LONG);
    // both clocks count in whole milliseconds
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThan(delay.minusMillis(5));
  }

  @Test
  void aDeliveryWhoseLeaseHasPassedOnHasNoSay() {
    await(queue().publish(message()));
    Delivery stale = pullOne(queue(), shortDeadline());
    Delivery fresh = pullOne(another(), LONG);
    await(stale.ack());
    await(stale.release(Duration.ZERO));
    await(queue().extend(List.of(stale), Duration.ofMillis(1)));
    assertNothingToPull();
    await(fresh.release(Duration.ZERO));
    await(pullOne(queue(), LONG).ack());
  }

  @Test
  void aSettledDeliveryHasNoSay() {
    await(queue().publish(message()));
    Delivery released = pullOne(queue(), LONG);
    await(released.release(Duration.ZERO));
    await(released.ack());
    Delivery again = pullOne(queue(), LONG);
    await(again.ack());
    await(again.release(Duration.ZERO));
    await(again.ack());
    assertNothingToPull();
  }

  @Test
  void fourPullersShareAThousandMessages() throws Exception {
    int messages = 1_000;
    Set<JobId> published = new HashSet<>();
    List<Future<?>> publishing = new ArrayList<>();
    for (int i = 0; i < messages; i++) {
      Message message = message();
      published.add(message.job());
      publishing.add((i % 2 == 0 ? queue() : another()).publish(message));
    }
    ConcurrentLinkedQueue<JobId> pulled = new ConcurrentLinkedQueue<>();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<Boolean>> pullers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        JobQueue mine = i % 2 == 0 ? queue() : another();
        pullers.add(
            () -> {
              while (pulled.size() < messages) {
                for (Delivery delivery : await(mine.pull(7, LONG, silence()))) {
                  pulled.add(delivery.message().job());
                  await(delivery.ack());
                }
              }
              return true;
            });
      }
      for (var done : threads.invokeAll(pullers)) {
        assertThat(done.get()).isTrue();
      }
    } finally {
      threads.shutdownNow();
    }
    await(Future.all(publishing));
    assertThat(pulled).hasSize(messages).containsExactlyInAnyOrderElementsOf(published);
    assertNothingToPull();
  }

  @Test
  void manyWaitingPullsGetOneMessageEach() {
    List<Future<List<Delivery>>> pulls = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      pulls.add((i % 2 == 0 ? queue() : another()).pull(1, LONG, patience()));
    }
    Set<JobId> published = new HashSet<>();
    for (int i = 0; i < 8; i++) {
      Message message = message();
      published.add(message.job());
      await(queue().publish(message));
    }
    Set<JobId> pulled = new HashSet<>();
    pulls.forEach(pull -> await(pull).forEach(d -> pulled.add(d.message().job())));
    assertThat(pulled).isEqualTo(published);
  }

  @Test
  void keepsDeadLettersNewestFirst() {
    List<DeadLetter> letters =
        IntStream.range(0, 3)
            .mapToObj(i -> new DeadLetter(JobId.random(), "reason " + i, i, i, NOON.plusMillis(i)))
            .toList();
    letters.forEach(letter -> await(queue().deadLetter(letter)));
    assertThat(await(another().deadLetters(2))).containsExactly(letters.get(2), letters.get(1));
    assertThat(await(queue().deadLetters(10))).hasSize(3);
  }
}
