package dev.holdfast.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gcp.CostTable.Idle;
import dev.holdfast.world.ManualClock;
import dev.holdfast.world.OnEmulators;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Counts what an API and a worker ask of Google Cloud while nothing happens. Pulls are left out:
 * they follow the broker's clock, and one that brings nothing is no call of this table.
 */
@OnEmulators
@Timeout(180)
class IdleCostTest {

  private static final int ROUNDS = 6;
  private static final Duration STEP = Duration.ofMillis(50);

  private final ManualClock clock = new ManualClock();

  /** Ten times as fast as a wall's clock, until the API has taken so many samples in all. */
  private void pass(CostWorld world, int samples) throws InterruptedException {
    int counts = samples * Idle.API.operations().getOrDefault(Operation.COUNTED, 0);
    while (!world.api.rpcs.within(Operation.COUNTED, counts, STEP.dividedBy(10))) {
      clock.advance(STEP);
    }
  }

  /** What was done each time, to the nearest: the last round may be half over. */
  private static Map<Operation, Integer> each(Map<Operation, Integer> counts) {
    counts.replaceAll((operation, times) -> Math.round((float) times / ROUNDS));
    counts.values().removeIf(times -> times == 0);
    return counts;
  }

  @Test
  void anIdleProcessCostsWhatTheTableSaysAndNeverCountsWhatHasEnded() throws Exception {
    try (CostWorld world = new CostWorld(clock)) {
      world.worker.rpcs.await(Operation.ROSTER_WRITTEN, 1);
      pass(world, 1);
      Map<Operation, Integer> api = world.api.counts();
      Map<Operation, Integer> worker = world.worker.counts();
      pass(world, 1 + ROUNDS);
      Map<Operation, Integer> asked = world.api.billedSince(api);
      assertThat(asked).doesNotContainKey(Operation.ENDED_COUNTED);
      assertThat(each(asked)).isEqualTo(Idle.API.operations());
      assertThat(each(world.worker.billedSince(worker))).isEqualTo(Idle.WORKER.operations());
    }
  }
}
