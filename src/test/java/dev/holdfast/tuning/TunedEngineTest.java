package dev.holdfast.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.job.ModelSpec.Choice;
import dev.holdfast.tuning.Sweep.Point;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.InferenceEngine.ModelLoadException;
import dev.holdfast.world.ScriptedEngine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a declaration leaves open, on a model that is a function. */
@Timeout(60)
class TunedEngineTest {

  private static final Duration TIME = Duration.ofMillis(200);
  private static final Duration FOR_EVER = Duration.ofHours(1);
  private static final Set<Choice> ALL = EnumSet.allOf(Choice.class);
  private static final String MEASURES = "model scripted is being measured";

  @TempDir Path directory;
  private final ScriptedEngine scripted = new ScriptedEngine("digest", 2);
  private final List<String> told = new CopyOnWriteArrayList<>();

  private static ModelSpec spec(Set<Choice> open) {
    ModelSpec some = ScriptedEngine.spec(32, 512);
    return new ModelSpec(
        some.name(),
        some.location(),
        some.kind(),
        some.device(),
        some.batch(),
        some.lanes(),
        open,
        some.precision());
  }

  private static String text(long number) {
    return "t".repeat((int) (number % 40) + 1);
  }

  private TunedEngine engine(Duration time, LongFunction<String> texts) {
    return new TunedEngine(scripted, time, new TuningCache(directory), texts);
  }

  private LoadedModel load(Set<Choice> open) throws Exception {
    return engine(TIME, TunedEngineTest::text).load(spec(open), told::add);
  }

  private static void assertSameSettings(LoadedModel one, LoadedModel other) {
    assertThat(one.lanes()).isEqualTo(other.lanes());
    assertThat(one.spec()).isEqualTo(other.spec());
  }

  @Test
  void whatIsOpenIsMeasuredOnceAndThenKnown() throws Exception {
    LoadedModel first = load(ALL);
    assertThat(told).contains(MEASURES);
    assertThat(first.lanes()).isBetween(1, 2);
    assertThat(first.spec().batch().itemsMax()).isBetween(1, LimitSearch.ITEMS_MAX);
    assertThat(first.spec().batch().delayMax())
        .isBetween(Duration.ofMillis(1), Duration.ofMillis(10));
    scripted.batches.clear();
    told.clear();
    assertSameSettings(load(ALL), first);
    assertThat(scripted.batches).isEmpty();
    assertThat(told).isEmpty();
  }

  @Test
  void anotherModelOrDeclarationIsMeasuredAnew() throws Exception {
    load(ALL);
    told.clear();
    load(Set.of(Choice.DELAY));
    assertThat(told).contains(MEASURES);
    told.clear();
    new TunedEngine(
            new ScriptedEngine("other", 2), TIME, new TuningCache(directory), TunedEngineTest::text)
        .load(spec(ALL), told::add);
    assertThat(told).contains(MEASURES);
  }

  @Test
  void whatIsDeclaredStays() throws Exception {
    LoadedModel model = load(Set.of());
    assertThat(scripted.batches).isEmpty();
    assertThat(model.spec()).isEqualTo(spec(Set.of()));
    assertThat(model.lanes()).isEqualTo(2);
    BatchLimits limits = load(Set.of(Choice.TOKENS)).spec().batch();
    assertThat(limits.itemsMax()).isEqualTo(32);
    assertThat(limits.delayMax()).isEqualTo(spec(ALL).batch().delayMax());
    BatchLimits waiting = load(Set.of(Choice.DELAY)).spec().batch();
    assertThat(waiting.itemsMax()).isEqualTo(32);
    assertThat(waiting.tokensMax()).isEqualTo(512);
  }

  @Test
  void withoutTimeTheStandardsRule() throws Exception {
    LoadedModel model = engine(Duration.ZERO, TunedEngineTest::text).load(spec(ALL), told::add);
    assertThat(model.spec().batch()).isEqualTo(spec(ALL).batch());
    assertThat(scripted.batches).isEmpty();
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void whatDoesNotFitIntoMemoryIsNotChosen() throws Exception {
    scripted.memory(100);
    BatchLimits limits = load(ALL).spec().batch();
    assertThat(limits.tokensMax()).isLessThanOrEqualTo(100);
  }

  @Test
  void aModelThatCannotBeMeasuredRunsByTheStandards() throws Exception {
    for (String text : List.of("poison", "reject")) {
      LoadedModel model = engine(TIME, number -> text).load(spec(ALL), told::add);
      assertThat(model.spec().batch()).as(text).isEqualTo(spec(ALL).batch());
    }
    scripted.memory(0);
    assertThat(load(ALL).spec().batch()).isEqualTo(spec(ALL).batch());
    assertThat(scripted.closed).hasValue(0);
  }

  @Test
  void aLostDeviceFailsTheLoad() {
    assertThatThrownBy(() -> engine(TIME, number -> "assert").load(spec(ALL), told::add))
        .isInstanceOf(ModelLoadException.class)
        .hasMessage(
            "the device was lost while model scripted was measured: CUDA error: device-side assert"
                + " triggered");
    assertThat(scripted.closed).hasValue(1);
  }

  @Test
  void whoStopsItWaitsForTheBatchAtHandOnly() throws Exception {
    TunedEngine engine = engine(FOR_EVER, TunedEngineTest::text);
    ScriptedEngine.Hold hold = scripted.hold();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<Object> loading = thread.submit(() -> outcome(engine));
      hold.awaitBatch();
      engine.stop();
      hold.release();
      assertThat(loading.get()).isInstanceOf(CancellationException.class);
      assertThat(scripted.closed).hasValue(1);
      assertThat(outcome(engine)).isInstanceOf(CancellationException.class);
    } finally {
      thread.shutdownNow();
    }
  }

  private Object outcome(TunedEngine engine) throws Exception {
    try {
      return engine.load(spec(ALL), told::add);
    } catch (CancellationException e) {
      return e;
    }
  }

  @Test
  void workersOfOneMachineMeasureOnceInTurns() throws Exception {
    ScriptedEngine.Hold hold = scripted.hold();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    CountDownLatch waits = new CountDownLatch(1);
    try {
      Future<LoadedModel> first = threads.submit(() -> load(ALL));
      hold.awaitBatch();
      ScriptedEngine second = new ScriptedEngine("digest", 2);
      Future<LoadedModel> other =
          threads.submit(
              () ->
                  new TunedEngine(second, TIME, new TuningCache(directory), TunedEngineTest::text)
                      .load(spec(ALL), what -> waits.countDown()));
      waits.await();
      hold.release();
      assertSameSettings(other.get(), first.get());
      assertThat(second.batches).isEmpty();
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void whoWaitsForAnotherWorkerCanBeStopped() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    TuningCache cache = new TuningCache(directory);
    TunedEngine engine = engine(FOR_EVER, TunedEngineTest::text);
    CountDownLatch waits = new CountDownLatch(1);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (TuningCache.Turn turn = cache.turn(FOR_EVER, never, () -> {})) {
      assertThat(turn.waited()).isFalse();
      Future<?> loading = thread.submit(() -> engine.load(spec(ALL), what -> waits.countDown()));
      waits.await();
      engine.stop();
      assertThatThrownBy(loading::get).hasCauseInstanceOf(CancellationException.class);
      assertThat(scripted.batches).isEmpty();
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  void aStartAfterOneThatDiedAtMeasuringDoesNotMeasure() throws Exception {
    Path lock = directory.resolve("tuning.lock");
    Files.writeString(lock, TuningKey.of(scripted.load(spec(ALL))).fileName());
    assertThat(load(ALL).spec().batch()).isEqualTo(spec(ALL).batch());
    assertThat(scripted.batches).isEmpty();
    load(ALL);
    assertThat(told).contains(MEASURES);
    assertThat(lock).isEmptyFile();
  }

  @Test
  void withoutADirectoryItMeasuresEachTime() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    for (int start = 0; start < 2; start++) {
      told.clear();
      new TunedEngine(scripted, TIME, new TuningCache(file), TunedEngineTest::text)
          .load(spec(ALL), told::add);
      assertThat(told).contains(MEASURES);
    }
  }

  @Test
  void anItemWaitsHalfAsLongAsItTakesAloneWithinLimits() {
    assertThat(TunedEngine.delay(new Point(2, 1, 64, 250))).isEqualTo(Duration.ofMillis(4));
    assertThat(TunedEngine.delay(new Point(1, 1, 64, 2))).isEqualTo(Duration.ofMillis(10));
    assertThat(TunedEngine.delay(new Point(1, 1, 64, 1e6))).isEqualTo(Duration.ofMillis(1));
    assertThat(TunedEngine.delay(new Point(1, 1, 64, 0))).isEqualTo(Duration.ofMillis(10));
  }
}
