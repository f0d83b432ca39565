package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.world.ManualClock;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An event loop that hangs is found, and one that is slow is left alone. */
@Timeout(60)
class LoopPulseTest {

  private final ManualClock clock = new ManualClock();

  @Test
  void aLoopIsStuckWhenAQuestionIsNotAnswered() {
    Queue<Runnable> tasks = new ArrayDeque<>();
    LoopPulse pulse = new LoopPulse(tasks::add, clock);
    assertThat(pulse.stuck()).isFalse();
    clock.advance(LoopPulse.STUCK_AFTER.minusSeconds(10));
    assertThat(pulse.stuck()).isFalse();
    clock.advance(LoopPulse.STUCK_AFTER);
    assertThat(pulse.stuck()).isTrue();
    assertThat(tasks).as("it is not asked again meanwhile").hasSize(1);

    tasks.remove().run();
    assertThat(pulse.stuck()).as("it was asleep, and so may the machine have been").isFalse();
    clock.advance(LoopPulse.STUCK_AFTER);
    assertThat(pulse.stuck()).isTrue();
  }

  @Test
  void aLoopThatNobodyAskedForLongIsNotStuck() {
    LoopPulse pulse = new LoopPulse(Runnable::run, clock);
    assertThat(pulse.stuck()).isFalse();
    clock.advance(LoopPulse.STUCK_AFTER.multipliedBy(3));
    assertThat(pulse.stuck()).isFalse();
  }

  @Test
  void theApiTellsOfAnyOfItsLoops(@TempDir Path directory) throws Exception {
    ApiFixture api = new ApiFixture(directory);
    Vertx vertx = Vertx.vertx();
    CountDownLatch hang = new CountDownLatch(1);
    try {
      ApiServices usual = api.services;
      ApiServices services =
          new ApiServices(
              usual.store(),
              usual.queue(),
              usual.events(),
              usual.objects(),
              usual.externalInputs(),
              usual.roster(),
              usual.intake(),
              usual.models(),
              clock,
              usual.meters(),
              usual.webhooks(),
              usual.traces());
      Supplier<ApiVerticle> instances =
          ApiVerticle.instances(
              new ApiOptions(
                  "127.0.0.1", 0, false, ApiOptions.Limits.USUAL, ApiOptions.Leave.USUAL),
              services);
      AtomicReference<ApiVerticle> kept = new AtomicReference<>();
      CountDownLatch stuck = new CountDownLatch(1);
      Supplier<ApiVerticle> remembered =
          () -> {
            ApiVerticle instance = instances.get();
            kept.set(instance);
            return instance;
          };
      ApiFixture.await(vertx.deployVerticle(remembered, new DeploymentOptions().setInstances(2)));
      ApiVerticle last = Objects.requireNonNull(kept.get());
      assertThat(last.ailment()).isNull();
      last.onContext(
          () -> {
            stuck.countDown();
            try {
              hang.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      assertThat(stuck.await(30, TimeUnit.SECONDS)).isTrue();
      last.ailment();
      clock.advance(LoopPulse.STUCK_AFTER);
      assertThat(last.ailment()).contains("event loop");
    } finally {
      hang.countDown();
      ApiFixture.await(vertx.close());
      api.close();
    }
  }
}
