package dev.holdfast.webhook;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.WebhookDelivery.Answer;
import dev.holdfast.job.WebhookDelivery.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** More deliveries than can be made at once. */
@Timeout(60)
class CrowdTest {

  private final Replicas world = new Replicas();

  @Test
  void aSlowReceiverHoldsUpOnlyItselfAndNothingIsLost() {
    Line.Bounds bounds = new Line.Bounds(8, 4, 20, 10);
    world.receiver = call -> call.url().contains("slow") ? null : Answer.delivered(200);
    world.new Replica(bounds);
    List<Job> slow = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      slow.add(world.cancelled("https://slow.example/"));
    }
    assertThat(world.calls).hasSize(4);
    Job quick = world.cancelled("https://quick.example/");
    assertThat(world.delivery(quick).state()).isEqualTo(State.DELIVERED);

    int answered = 0;
    for (int round = 0; round < 200; round++) {
      world.pass(Duration.ofSeconds(10));
      List<Replicas.Call> open =
          world.calls.stream().filter(call -> !call.answer().future().isComplete()).toList();
      assertThat(open).hasSizeLessThanOrEqualTo(4);
      open.forEach(call -> call.answer().complete(Answer.delivered(200)));
      answered += open.size();
    }
    assertThat(answered).as("each exactly once, since nobody died").isEqualTo(40);
    assertThat(slow)
        .allSatisfy(
            job -> {
              assertThat(world.delivery(job).state()).isEqualTo(State.DELIVERED);
              assertThat(world.delivery(job).attempts()).isEqualTo(1);
            });
  }

  @Test
  void whoLeavesGivesBackWhatWaitsAndFinishesWhatItBegan() {
    world.receiver = call -> null;
    Replicas.Replica leaving = world.new Replica(new Line.Bounds(1, 1, 9, 9));
    Job begun = world.cancelled(Replicas.URL);
    Job waiting = world.cancelled(Replicas.URL);
    assertThat(world.delivery(waiting).attempts()).isEqualTo(1);

    var closing = leaving.deliveries.close();
    assertThat(world.delivery(waiting).attempts()).as("it does not count").isZero();
    assertThat(closing.isComplete()).isFalse();
    world.calls.get(0).answer().complete(Answer.delivered(200));
    assertThat(closing.isComplete()).isTrue();
    assertThat(world.delivery(begun).state()).isEqualTo(State.DELIVERED);
    assertThat(await(leaving.offer(world.newest(waiting)))).isFalse();
    leaving.die();

    world.receiver = call -> Answer.delivered(200);
    world.replica();
    world.pass(Duration.ofSeconds(11));
    assertThat(world.delivery(waiting).state()).isEqualTo(State.DELIVERED);
  }

  @Test
  void whoLeavesWhileAnotherTakesItsDeliveryWaitsForNothing() {
    Replicas.Replica leaving = world.replica();
    leaving.deaf();
    Job job = world.cancelled(Replicas.URL);
    Job taken = world.newest(job);
    world.store.hold();
    var offer = leaving.offer(taken);
    var closing = leaving.deliveries.close();
    assertThat(closing.isComplete()).as("a record is being written").isFalse();
    world.store.jobs.remove(job.id());
    world.store.release();
    assertThat(offer.isComplete()).isTrue();
    assertThat(closing.isComplete()).isTrue();
  }

  @Test
  void whoWaitsTooLongInLineIsLeftToOthersBeforeTheyTakeIt() {
    world.receiver = call -> null;
    world.new Replica(new Line.Bounds(1, 1, 9, 9));
    world.cancelled(Replicas.URL);
    Job waiting = world.cancelled(Replicas.URL);
    world.pass(Deliveries.HOLD.minus(Deliveries.CALL_MAX));
    world.calls.get(0).answer().complete(Answer.none("no answer"));
    assertThat(world.calls).as("its hold is all but over").hasSize(1);
    assertThat(world.delivery(waiting).attempts()).isZero();

    world.receiver = call -> Answer.delivered(200);
    world.pass(Duration.ofMinutes(1));
    assertThat(world.delivery(waiting).state()).isEqualTo(State.DELIVERED);
  }

  @Test
  void jobsThatNobodyCanTellOfDoNotKeepOthersFromTheReconciler() {
    for (int i = 0; i < 250; i++) {
      world.cancelled(Replicas.URL);
    }
    Replicas.Replica full = world.new Replica(new Line.Bounds(0, 0, 0, 0));
    world.pass(Duration.ofSeconds(30));
    assertThat(world.store.jobs.values())
        .allSatisfy(
            job -> assertThat(job.wakeAt()).isAfter(world.clock.instant().minusSeconds(10)));
    assertThat(world.calls).isEmpty();
    full.die();

    world.replica();
    world.pass(Duration.ofMinutes(6));
    assertThat(world.store.jobs.values())
        .allSatisfy(job -> assertThat(world.delivery(job).state()).isEqualTo(State.DELIVERED));
    assertThat(world.calls).hasSize(250);
  }
}
