package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The promises hold whatever goes wrong: many seeds, each a fleet in one thread on virtual time
 * whose calls are lost, late, doubled and applied without an answer, and whose processes die, stall
 * and are drained. {@code -Dsim.seeds} runs more of them, {@code -Dsim.from} others. What they may
 * take of a processor, {@link SimSeeds.Limits} says.
 */
class SimulationTest {

  private static final long SEEDS = Long.getLong("sim.seeds", 20_000);
  private static final long FROM = Long.getLong("sim.from", 1);
  private static final SimQuiet QUIET = new SimQuiet();

  @BeforeAll
  static void quiet() {
    QUIET.begin();
  }

  @AfterAll
  static void loud() {
    QUIET.end();
  }

  @Test
  @Timeout(value = 1, unit = TimeUnit.HOURS)
  void noSeedBreaksAPromise() {
    SimSeeds.play(SimPlant.NOTHING, FROM, SEEDS);
  }

  @Test
  void aSeedIsTheSameRunEachTime() {
    List<String> seen = new ArrayList<>();
    for (long seed = 1; seed <= 200; seed++) {
      List<String> trace = Simulation.run(seed, SimPlant.NOTHING, true).trace();
      assertThat(Simulation.run(seed, SimPlant.NOTHING, true).trace()).isEqualTo(trace);
      seen.addAll(trace);
    }
    assertThat(String.join("\n", seen))
        .as("these seeds see all that can happen")
        .contains("which is LOST", "which is DEAF", "which is LATE", "which is TWICE")
        .contains(
            "stalls for",
            "which does not arrive",
            "dies: killed",
            "dies: drained",
            "which is not sent")
        .contains("dies: by its input", "dies: its time to drain is over", "stat", "dead letter")
        .contains("INTERRUPTED", "CANCELLED", "FAILED", "COMPLETE", "refused: input_not_found")
        .contains("hears that", "is CANCELLED", "publish in vain");
  }
}
