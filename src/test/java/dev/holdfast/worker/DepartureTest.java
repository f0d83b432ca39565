package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.RowEncoding;
import dev.holdfast.world.ManualClock;
import dev.holdfast.world.ScriptedEngine;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an attempt may take that must go, by what its micro-batches took. */
@Timeout(30)
class DepartureTest {

  private static final Duration BUDGET = Duration.ofSeconds(12);

  private final ManualClock clock = new ManualClock();
  private final ScriptedEngine engine = new ScriptedEngine();
  private final WorkerMetrics metrics = new WorkerMetrics(new SimpleMeterRegistry());
  private final MicroBatcher batcher = batcher();
  private final Serving serving =
      new Serving(batcher, CheckpointPolicy.fixed(Duration.ZERO), metrics, clock, null);

  private MicroBatcher batcher() {
    try {
      return new MicroBatcher(
          engine.load(ScriptedEngine.spec(8, 1_000)), metrics, clock, new DeviceMemory(), e -> {});
    } catch (InferenceEngine.ModelLoadException e) {
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void close() {
    batcher.close();
  }

  /** One micro-batch that takes so long. */
  private void infer(Duration time) throws Exception {
    engine.beforeBatch(batch -> clock.advance(time));
    Line line = new Line(0, 1, 0, "\"a\"", null);
    batcher
        .infer(new Window(List.of(line), RowEncoding.JSON, settled -> {}))
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  private Departure departure(Duration budget, boolean broken) {
    return Departure.of(budget, List.of(serving), broken);
  }

  @ParameterizedTest
  @CsvSource({
    "12, 10, 1100",
    "12, 300, 1100",
    "12, 1500, 3000",
    "12, 1900, 3800",
    "12, 2500, 0",
    "105, 2500, 5000",
    "105, 16000, 32000",
    "105, 18000, 0",
    "3, 10, 1000",
    "4, 10, 1100",
    "1.2, 10, 400"
  })
  void aMicroBatchIsGivenTwiceWhatOneTookOrDropped(double budget, long took, long given)
      throws Exception {
    infer(Duration.ofMillis(took));
    serving.gate().enter(1, 1);
    assertThat(departure(Duration.ofMillis((long) (budget * 1_000)), false).batch())
        .isBetween(Duration.ofMillis(given), Duration.ofMillis(given + given / 10));
  }

  @Test
  void whatIsTakenIsTheTimeOfLate() throws Exception {
    infer(Duration.ofSeconds(30));
    for (int i = 0; i < 50; i++) {
      infer(Duration.ofMillis(500));
    }
    serving.gate().enter(1, 1);
    assertThat(departure(BUDGET, false).batch())
        .isBetween(Duration.ofSeconds(1), Duration.ofMillis(1_500));
  }

  @Test
  void aModelWithNothingToInferIsNotAsked() throws Exception {
    infer(Duration.ofSeconds(30));
    assertThat(departure(BUDGET, false).batch()).isEqualTo(Duration.ofMillis(1_100));
  }

  @Test
  void nothingIsWaitedForThatIsNotInferredAnyMore() {
    assertThat(departure(BUDGET, true).batch()).isZero();
    assertThat(departure(BUDGET, true).work()).isEqualTo(Duration.ofSeconds(8));
  }

  @Test
  void theRestOfTheBudgetIsForWhatComesAfter() {
    Departure how = departure(BUDGET, false);
    assertThat(how.work()).isEqualTo(Duration.ofSeconds(8));
    assertThat(how.records()).isEqualTo(Duration.ofSeconds(9));
    Departure late = how.after(Duration.ofSeconds(8));
    assertThat(late).isEqualTo(new Departure(Duration.ZERO, Duration.ZERO, Duration.ofSeconds(1)));
    assertThat(departure(Duration.ZERO, false))
        .as("nobody has set a budget")
        .isEqualTo(Departure.AT_ONCE);
  }
}
