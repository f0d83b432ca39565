package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A simulation that finds nothing proves nothing: each planted fault must be found soon. */
class SimulationFindsFaultsTest {

  private static final int SEEDS_MAX = 20_000;
  private static final SimQuiet QUIET = new SimQuiet();

  @BeforeAll
  static void quiet() {
    QUIET.begin();
  }

  @AfterAll
  static void loud() {
    QUIET.end();
  }

  @ParameterizedTest
  @EnumSource(value = SimPlant.class, names = "NOTHING", mode = EnumSource.Mode.EXCLUDE)
  void findsWhatIsPlanted(SimPlant plant) {
    assertThat(
            LongStream.rangeClosed(1, SEEDS_MAX)
                .mapToObj(seed -> Simulation.run(seed, plant, false).violation())
                .filter(violation -> violation != null && violation.startsWith(plant.broken()))
                .findFirst())
        .as("%s breaks '%s' in the first %d seeds", plant, plant.broken(), SEEDS_MAX)
        .isPresent();
  }
}
