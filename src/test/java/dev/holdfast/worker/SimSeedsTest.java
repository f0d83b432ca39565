package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.world.Waits;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A seed that fails is of use only to those who hear which one it was. */
@Timeout(60)
class SimSeedsTest {

  private static final SimSeeds.Limits LIMITS =
      new SimSeeds.Limits(
          Duration.ofSeconds(30),
          Duration.ofMillis(500),
          Duration.ofSeconds(2),
          Duration.ofSeconds(1));

  private static final SimQuiet QUIET = new SimQuiet();

  private volatile boolean enough;

  @BeforeAll
  static void quiet() {
    QUIET.begin();
  }

  @AfterAll
  static void loud() {
    QUIET.end();
  }

  /** A game that goes wrong in seed 3, after it has said so. */
  private static SimSeeds third(SimSeeds.Game wrong) {
    return new SimSeeds(
        (world, seed) -> {
          world.say(null, () -> "what came before " + seed);
          if (seed == 3) {
            wrong.play(world, seed);
          }
        },
        LIMITS);
  }

  @Test
  void aPlantedFaultIsToldWithItsSeedAndItsTrace() {
    assertThatThrownBy(() -> SimSeeds.play(SimPlant.ACK_FIRST, 1, 5_000))
        .isInstanceOf(AssertionError.class)
        .hasMessageMatching("(?s)seed [0-9]+ breaks a promise: nothing is acknowledged before.*")
        .hasMessageContaining("a client submits")
        .hasMessageContaining("VIOLATED: nothing is acknowledged before");
  }

  @Test
  void whatEscapesFromASeedIsToldLikeABrokenPromise() {
    IllegalStateException escaped = new IllegalStateException("nobody thought of that");
    assertThatThrownBy(
            () ->
                third(
                        (world, seed) -> {
                          throw escaped;
                        })
                    .play(1, 5))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("seed 3 breaks a promise: an exception went through everything")
        .hasMessageContaining("what came before 3")
        .hasCause(escaped);
  }

  @Test
  void aStepWithoutAnEndIsToldWithItsSeedAndWhereItIs() {
    try {
      assertThatThrownBy(
              () ->
                  third(
                          (world, seed) -> {
                            world.surely(10, this::spin);
                            world.step();
                          })
                      .play(1, 5))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("seed 3 does not end")
          .hasMessageContaining("what came before 3")
          .cause()
          .satisfies(
              where ->
                  assertThat(where.getStackTrace())
                      .extracting(StackTraceElement::getMethodName)
                      .contains("spin"));
    } finally {
      enough = true;
    }
  }

  private void spin() {
    while (!enough) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aSeedThatWaitsForNothingIsTold() {
    CountDownLatch never = new CountDownLatch(1);
    try {
      assertThatThrownBy(() -> third((world, seed) -> Waits.until(never)).play(1, 5))
          .hasMessageContaining("seed 3 does not end");
    } finally {
      never.countDown();
    }
  }

  @Test
  void seedsThatTakeLongerThanTheyMayFail() {
    SimSeeds.Limits none =
        new SimSeeds.Limits(Duration.ofNanos(1), LIMITS.each(), LIMITS.wall(), LIMITS.replay());
    assertThatThrownBy(() -> new SimSeeds((world, seed) -> {}, none).play(1, 5))
        .hasMessageContaining("s of processor time, and may take 0.0");
    assertThatCode(() -> new SimSeeds((world, seed) -> {}, LIMITS).play(1, 5))
        .doesNotThrowAnyException();
    assertThat(SimSeeds.Limits.of(20_000).all()).isEqualTo(Duration.ofSeconds(60));
  }
}
