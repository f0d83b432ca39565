package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.WebhookDelivery.Answer;
import dev.holdfast.job.WebhookDelivery.State;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process that dies in any one of its calls of the store, before or after it took effect. */
@Timeout(60)
class CrashTest {

  private static final Duration ENOUGH = Deliveries.HOLD.plusMinutes(2);

  @Test
  void whereverItsProcessDiesADeliveryIsMadeByTheNext() {
    int died = 0;
    int twice = 0;
    for (int call = 1; call <= 40; call++) {
      for (boolean applied : new boolean[] {false, true}) {
        for (int failures : new int[] {0, 2}) {
          Replicas world = new Replicas();
          world.receiver =
              made ->
                  world.calls.size() <= failures ? Answer.none("planted") : Answer.delivered(200);
          Replicas.Replica mortal =
              world.new Replica(Deliveries.BOUNDS, new Replicas.Fate(call, applied));
          Job ended = world.cancelled(Replicas.URL);
          world.pass(ENOUGH);
          died += mortal.isDead() ? 1 : 0;
          mortal.die();
          world.replica();
          world.pass(ENOUGH);

          String what = "call %d, applied %s, %d failures".formatted(call, applied, failures);
          assertThat(world.delivery(ended).state()).as(what).isEqualTo(State.DELIVERED);
          Set<String> ids = new HashSet<>();
          world.calls.forEach(made -> ids.add(made.message().id()));
          assertThat(ids).as(what).hasSize(1);
          assertThat(world.calls).as(what).hasSizeBetween(failures + 1, failures + 2);
          twice += world.calls.size() == failures + 2 ? 1 : 0;
        }
      }
    }
    assertThat(died).as("most of them died").isGreaterThan(80);
    assertThat(twice).as("some between the call and its record").isPositive();
  }
}
