package dev.holdfast.webhook;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.WebhookDelivery;
import dev.holdfast.job.WebhookDelivery.Answer;
import dev.holdfast.job.WebhookDelivery.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeliveriesTest {

  private static final Answer BROKEN = new Answer(500, "the receiver answered 500", false, 0);
  private static final Duration HOUR = Duration.ofHours(1);

  /** The Reconciler looks every ten seconds. */
  private static final Duration LATE = Duration.ofSeconds(11);

  private final Replicas world = new Replicas();

  @Test
  void anEndIsToldAtOnceAndWrittenDownQuietly() {
    world.replica();
    Job ended = world.cancelled(Replicas.URL);

    assertThat(world.calls).hasSize(1);
    assertThat(world.calls.get(0).message().id()).isEqualTo(ended.id() + "-2");
    assertThat(world.calls.get(0).message().body().toJsonObject().getString("type"))
        .isEqualTo("job.cancelled");
    WebhookDelivery delivery = world.delivery(ended);
    assertThat(delivery.state()).isEqualTo(State.DELIVERED);
    assertThat(delivery.attempts()).isEqualTo(1);
    assertThat(delivery.lastStatus()).isEqualTo(200);
    assertThat(delivery.deliveredAt()).isEqualTo(world.clock.instant());
    assertThat(delivery.nextAt()).isNull();
    assertThat(world.newest(ended).wakeAt()).isEqualTo(ended.keptUntil());
    assertThat(world.store.told).as("watchers hear of the end once").hasSize(1);
    world.pass(HOUR);
    assertThat(world.calls).hasSize(1);
  }

  @Test
  void aJobThatNobodyWantsToHearOfIsKeptAsBefore() {
    world.replica();
    Job ended = world.cancelled(null);
    assertThat(world.calls).isEmpty();
    assertThat(ended.webhook()).isNull();
    assertThat(ended.wakeAt()).isEqualTo(ended.keptUntil());
  }

  @Test
  void aReceiverThatFailsIsTriedEightTimesInAnHourAndThenGivenUp() {
    world.receiver = call -> BROKEN;
    world.replica();
    Job ended = world.cancelled(Replicas.URL);
    world.pass(HOUR.multipliedBy(3));

    List<Instant> at = world.calls.stream().map(Replicas.Call::at).toList();
    assertThat(at).hasSize(8);
    long[] pauses = {5, 30, 120, 300, 600, 1080, 1465};
    for (int i = 0; i < pauses.length; i++) {
      Duration pause = Duration.between(at.get(i), at.get(i + 1));
      assertThat(pause)
          .as("before attempt %d", i + 2)
          .isBetween(Duration.ofMillis(pauses[i] * 750), Duration.ofSeconds(pauses[i]).plus(LATE));
    }
    assertThat(Duration.between(at.get(0), at.get(7)))
        .isBetween(HOUR.dividedBy(2), HOUR.plus(LATE));
    WebhookDelivery delivery = world.delivery(ended);
    assertThat(delivery.state()).isEqualTo(State.FAILED);
    assertThat(delivery.attempts()).isEqualTo(8);
    assertThat(delivery.lastStatus()).isEqualTo(500);
    assertThat(delivery.lastError()).isEqualTo("the receiver answered 500");
    assertThat(world.newest(ended).wakeAt()).isEqualTo(ended.keptUntil());
    assertThat(world.meters.counter(WebhookMetrics.GIVEN_UP).count()).isEqualTo(1);
    assertThat(world.meters.timer(WebhookMetrics.ATTEMPTS, "outcome", "refused").count())
        .isEqualTo(8);
    assertThat(
            world.meters.timer(WebhookMetrics.ATTEMPTS, "outcome", "refused").max(TimeUnit.MINUTES))
        .isGreaterThan(30);
  }

  @Test
  void everyAttemptSendsTheSameMessageUnderTheSameIdWithItsOwnTime() {
    world.receiver = call -> world.calls.size() < 4 ? BROKEN : Answer.delivered(204);
    world.replica();
    world.cancelled(Replicas.URL);
    world.pass(HOUR);

    assertThat(world.calls).hasSize(4);
    Set<String> ids = new HashSet<>();
    Set<String> bodies = new HashSet<>();
    Set<String> signatures = new HashSet<>();
    for (Replicas.Call call : world.calls) {
      ids.add(call.message().id());
      bodies.add(call.message().body().toString());
      signatures.add(call.message().signatures());
      assertThat(call.message().timestamp()).isEqualTo(call.at().getEpochSecond());
    }
    assertThat(ids).hasSize(1);
    assertThat(bodies).hasSize(1);
    assertThat(signatures).hasSize(4);
  }

  @Test
  void goneIsTheLastWord() {
    world.receiver = call -> new Answer(410, "the receiver answered 410", true, 0);
    world.replica();
    Job ended = world.cancelled(Replicas.URL);
    world.pass(HOUR);
    assertThat(world.calls).hasSize(1);
    assertThat(world.delivery(ended).state()).isEqualTo(State.FAILED);
  }

  @Test
  void aReceiverThatAsksForPatienceGetsItWithinTheHour() {
    world.receiver = call -> new Answer(503, "busy", false, world.calls.size() == 1 ? 600 : 9_999);
    world.replica();
    Job ended = world.cancelled(Replicas.URL);
    world.pass(HOUR.multipliedBy(2));
    Instant first = world.calls.get(0).at();
    assertThat(Duration.between(first, world.calls.get(1).at()))
        .isBetween(Duration.ofMinutes(10), Duration.ofMinutes(10).plus(LATE));
    assertThat(Duration.between(first, world.calls.get(2).at())).isBetween(HOUR, HOUR.plus(LATE));
    assertThat(world.calls).hasSize(3);
    assertThat(world.delivery(ended).state()).isEqualTo(State.FAILED);
  }

  @Test
  void whoDiesBetweenTheCallAndItsRecordIsFollowedByTheSameMessage() {
    world.receiver = call -> null;
    Replicas.Replica first = world.replica();
    Job ended = world.cancelled(Replicas.URL);
    assertThat(world.calls).hasSize(1);
    first.die();
    world.calls.get(0).answer().complete(Answer.delivered(200));
    assertThat(world.delivery(ended).state()).isEqualTo(State.PENDING);

    world.receiver = call -> Answer.delivered(200);
    world.replica();
    world.pass(Deliveries.HOLD.minusSeconds(1));
    assertThat(world.calls).as("the hold is another's").hasSize(1);
    world.pass(LATE);
    assertThat(world.calls).hasSize(2);
    assertThat(world.calls.get(1).message().id()).isEqualTo(world.calls.get(0).message().id());
    assertThat(world.delivery(ended).state()).isEqualTo(State.DELIVERED);
    assertThat(world.delivery(ended).attempts()).isEqualTo(2);
  }

  @Test
  void aDeliveryWhoseEveryAttemptIsLostEndsAsFailed() {
    world.receiver = call -> null;
    List<Replicas.Replica> dead = new ArrayList<>();
    dead.add(world.replica());
    Job ended = world.cancelled(Replicas.URL);
    for (int i = 1; i <= 8; i++) {
      assertThat(world.calls).hasSize(i);
      dead.get(i - 1).die();
      dead.add(world.replica());
      world.pass(Deliveries.HOLD.plus(LATE));
    }
    assertThat(world.calls).hasSize(8);
    assertThat(world.delivery(ended).state()).isEqualTo(State.FAILED);
    assertThat(world.delivery(ended).lastError()).contains("sender was lost");
  }

  @Test
  void ofManyReplicasOneCalls() {
    IntStream.range(0, 4).forEach(i -> world.replica());
    for (int i = 0; i < 20; i++) {
      world.cancelled(Replicas.URL);
    }
    world.pass(HOUR);
    assertThat(world.calls).hasSize(20);
    assertThat(world.calls.stream().map(call -> call.message().id())).doesNotHaveDuplicates();
  }

  @Test
  void aLostEventIsMadeUpForByTheReconciler() {
    world.replica().deaf();
    Job ended = world.cancelled(Replicas.URL);
    assertThat(world.calls).isEmpty();
    world.pass(Duration.ofSeconds(20));
    assertThat(world.delivery(ended).state()).isEqualTo(State.DELIVERED);
  }

  @Test
  void aJobThatEndsAgainTellsThatUnderAnotherName() {
    world.receiver = call -> world.calls.size() == 1 ? BROKEN : Answer.delivered(200);
    world.replica();
    Job ended = world.cancelled(Replicas.URL);
    Job again = await(world.records.update(ended, JobLife::retried));
    assertThat(again.webhook()).isNull();
    world.pass(HOUR);
    assertThat(world.calls).as("the end that was taken back").hasSize(1);

    await(world.records.update(again, JobLife::cancelled));
    assertThat(world.calls).hasSize(2);
    assertThat(world.calls.get(1).message().id())
        .startsWith(ended.id() + "-")
        .isNotEqualTo(world.calls.get(0).message().id());
  }

  @Test
  void anAnswerThatComesAfterTheJobWasRetriedIsNotItsNextEnds() {
    world.receiver = call -> null;
    world.replica();
    Job ended = world.cancelled(Replicas.URL);
    Job again = await(world.records.update(ended, JobLife::retried));
    Job endedAgain = await(world.records.update(again, JobLife::cancelled));
    world.calls.get(0).answer().complete(Answer.delivered(200));
    assertThat(world.delivery(endedAgain).state()).isEqualTo(State.PENDING);
    world.receiver = call -> Answer.delivered(200);
    world.pass(Deliveries.HOLD.plus(LATE));
    assertThat(world.delivery(endedAgain).state()).isEqualTo(State.DELIVERED);
  }

  @Test
  void aMessageThatCannotBeMadeCostsAnAttemptAndNoMore() {
    world.receiver =
        call -> {
          throw new IllegalStateException("planted");
        };
    world.replica();
    Job ended = world.cancelled(Replicas.URL);
    assertThat(world.delivery(ended).lastError()).contains("could not be made");
    world.receiver = call -> Answer.delivered(200);
    world.pass(LATE.plusSeconds(5));
    assertThat(world.delivery(ended).state()).isEqualTo(State.DELIVERED);
  }

  @Test
  void theRecordSaysThatAnAttemptGoesOnBeforeAnybodyIsCalled() {
    world.receiver =
        call -> {
          WebhookDelivery delivery =
              Objects.requireNonNull(world.store.jobs.values().iterator().next().webhook());
          assertThat(delivery.attempts()).isEqualTo(call.message().attempt());
          assertThat(delivery.nextAt()).isAfter(call.at().plus(Deliveries.CALL_MAX));
          return Answer.delivered(200);
        };
    world.replica();
    assertThat(world.delivery(world.cancelled(Replicas.URL)).state()).isEqualTo(State.DELIVERED);
  }
}
