package dev.holdfast.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.job.Item;
import dev.holdfast.tuning.Sweep.Point;
import dev.holdfast.worker.InferenceEngine.InferenceException;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.InferenceEngine.Prepared;
import dev.holdfast.world.ScriptedEngine;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SweepTest {

  private record Length(int tokens, Object signature) implements Prepared {}

  private static List<Prepared> lengths(int... tokens) {
    return Arrays.stream(tokens).<Prepared>mapToObj(t -> new Length(t, "text")).toList();
  }

  private static List<List<Integer>> tokens(List<List<Prepared>> batches) {
    return batches.stream().map(b -> b.stream().map(Prepared::tokens).toList()).toList();
  }

  @Test
  void batchesAreCutFromTheLongestDownUpToBothLimits() {
    assertThat(tokens(Sweep.batches(lengths(1, 9, 4, 5, 2, 30), 3, 18)))
        .containsExactly(List.of(30), List.of(9, 5), List.of(4, 2, 1));
  }

  @Test
  void whatMayNotShareABatchDoesNot() {
    List<Prepared> mixed =
        List.of(new Length(2, "a"), new Length(2, "b"), new Length(2, "a"), new Length(1, "b"));
    assertThat(tokens(Sweep.batches(mixed, 8, 100))).containsExactly(List.of(2, 2), List.of(2, 1));
  }

  private static List<Point> rates(double... rates) {
    return Arrays.stream(rates).mapToObj(rate -> new Point(1, (int) rate, 64, rate)).toList();
  }

  @Test
  void theKneeIsTheSmallestBatchThatIsNearlyAsFastAsTheFastest() {
    assertThat(Sweep.knee(rates(100, 291, 300, 250, 0)).itemsMax()).isEqualTo(291);
  }

  @Test
  void twoPointsThatGainNothingEndTheClimb() {
    assertThat(Sweep.flat(rates(100))).isFalse();
    assertThat(Sweep.flat(rates(100, 100))).isFalse();
    assertThat(Sweep.flat(rates(100, 101, 102))).isTrue();
    assertThat(Sweep.flat(rates(100, 101, 110))).isFalse();
    assertThat(Sweep.flat(rates(100, 200, 190, 202))).isTrue();
  }

  private static Sweep sweep(LoadedModel model, Duration length, String... texts) throws Exception {
    List<Prepared> items =
        model
            .prepare(Stream.of(texts).<Item>map(text -> new Item.Text(null, text)).toList())
            .stream()
            .map(Prepared.class::cast)
            .toList();
    return new Sweep(model, items, length);
  }

  private static Point measured(ScriptedEngine engine, String... texts) throws Exception {
    try (LoadedModel model = engine.load(ScriptedEngine.spec(8, 1_000));
        Sweep sweep = sweep(model, Duration.ofMillis(1), texts)) {
      return sweep.measure(model.lanes(), 2, 1_000);
    }
  }

  @Test
  void lanesInferBatchAfterBatch() throws Exception {
    ScriptedEngine engine = new ScriptedEngine("digest", 2);
    Point point = measured(engine, "a", "bb", "ccc");
    assertThat(point.itemsPerSecond()).isPositive();
    assertThat(point.lanes()).isEqualTo(2);
    assertThat(engine.batches).contains(List.of("ccc", "bb"), List.of("a"));
  }

  @Test
  void whatDoesNotFitIntoMemoryIsNoRate() throws Exception {
    ScriptedEngine engine = new ScriptedEngine();
    engine.memory(3);
    assertThat(measured(engine, "aaa", "bbb").itemsPerSecond()).isZero();
  }

  @Test
  void whatCannotBeInferredIsToldOf() {
    assertThatThrownBy(() -> measured(new ScriptedEngine(), "poison"))
        .isInstanceOf(InferenceException.class)
        .hasMessage("poisoned");
  }

  @Test
  void whoStopsItWaitsForTheBatchAtHandAndNoLonger() throws Exception {
    ScriptedEngine engine = new ScriptedEngine();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try (LoadedModel model = engine.load(ScriptedEngine.spec(8, 1_000))) {
      Sweep sweep = sweep(model, Duration.ofHours(1), "a");
      ScriptedEngine.Hold hold = engine.hold();
      Future<Object> measuring =
          threads.submit(
              () -> {
                try (sweep) {
                  return sweep.measure(1, 1, 1);
                } catch (CancellationException e) {
                  return e;
                }
              });
      hold.awaitBatch();
      CountDownLatch left = new CountDownLatch(1);
      threads.execute(
          () -> {
            sweep.stop(Duration.ofSeconds(30));
            left.countDown();
          });
      hold.release();
      assertThat(measuring.get()).isInstanceOf(CancellationException.class);
      left.await();
    } finally {
      threads.shutdownNow();
    }
  }
}
