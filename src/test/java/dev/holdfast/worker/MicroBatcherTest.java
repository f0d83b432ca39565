package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.RowEncoding;
import dev.holdfast.world.ManualClock;
import dev.holdfast.world.ScriptedEngine;
import dev.holdfast.world.Waits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Windows through the batcher, with its real threads and a scripted engine. */
@Timeout(20)
class MicroBatcherTest {

  private final ManualClock clock = new ManualClock();
  private final ScriptedEngine engine = new ScriptedEngine();
  private final AtomicReference<Throwable> fatal = new AtomicReference<>();
  private final MicroBatcher batcher = batcher();

  private MicroBatcher batcher() {
    try {
      return new MicroBatcher(
          engine.load(ScriptedEngine.spec(8, 1_000)),
          new WorkerMetrics(new SimpleMeterRegistry()),
          clock,
          new DeviceMemory(),
          fatal::set);
    } catch (InferenceEngine.ModelLoadException e) {
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void close() {
    batcher.close();
    assertThat(fatal.get()).isNull();
  }

  private static Window window(String... texts) {
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < texts.length; i++) {
      lines.add(new Line(i, i + 1, 0, new JsonObject().put("text", texts[i]).encode(), null));
    }
    return new Window(lines, RowEncoding.JSON, settled -> {});
  }

  private Window.Rendered infer(Window window) throws Exception {
    return batcher
        .infer(window)
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  private static List<JsonObject> rows(Window.Rendered rendered) {
    return rendered.rows().toString().lines().map(JsonObject::new).toList();
  }

  @Test
  void rowsComeInTheOrderOfTheLines() throws Exception {
    String[] texts = new String[100];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = "t".repeat(1 + i * 37 % 50) + i;
    }
    Window.Rendered rendered = infer(window(texts));

    List<JsonObject> rows = rows(rendered);
    assertThat(rendered.items()).isEqualTo(100);
    assertThat(rendered.failed()).isZero();
    for (int i = 0; i < texts.length; i++) {
      float[] vector = ScriptedEngine.vector(texts[i]);
      assertThat(rows.get(i).getInteger("index")).isEqualTo(i);
      JsonArray embedding = rows.get(i).getJsonArray("embedding");
      assertThat(embedding.getFloat(0)).isEqualTo(vector[0]);
      assertThat(embedding.getFloat(1)).isEqualTo(vector[1]);
    }
    assertThat(engine.batches).allSatisfy(b -> assertThat(b).hasSizeLessThanOrEqualTo(8));
  }

  @Test
  void windowsOfDifferentJobsShareABatch() throws Exception {
    ScriptedEngine.Hold hold = engine.hold();
    var first = batcher.infer(window("first"));
    hold.awaitBatch();
    var second = batcher.infer(window("a"));
    var third = batcher.infer(window("b"));
    Window probe = window("c");
    var fourth = batcher.infer(probe);
    hold.release();
    for (var future : List.of(first, second, third, fourth)) {
      future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
    assertThat(engine.batches.get(0)).containsExactly("first");
    assertThat(engine.batches.stream().skip(1).flatMap(List::stream))
        .containsExactlyInAnyOrder("a", "b", "c");
    assertThat(engine.batches).hasSizeLessThan(4);
  }

  @Test
  void aPoisonedRowIsFoundAndItsNeighboursComplete() throws Exception {
    Window.Rendered rendered = infer(window("a", "b", "poison", "d", "e"));

    assertThat(rendered.failed()).isEqualTo(1);
    List<JsonObject> rows = rows(rendered);
    assertThat(rows.get(2).getJsonObject("error").getString("code")).isEqualTo("inference_failed");
    assertThat(rows.get(2).getInteger("line")).isEqualTo(3);
    assertThat(rows).filteredOn(r -> r.containsKey("embedding")).hasSize(4);
  }

  @Test
  void whatCannotBeReadOrPreparedIsARowErrorToo() throws Exception {
    Window window =
        new Window(
            List.of(
                new Line(0, 1, 0, "{\"id\":\"x\",\"text\":\"reject\"}", null),
                new Line(1, 2, 0, "{broken", null),
                new Line(2, 3, 0, "\"explode\"", null),
                new Line(3, 4, 0, "{\"id\":\"y\",\"text\":\"fine\"}", null)),
            RowEncoding.JSON,
            settled -> {});
    List<JsonObject> rows = rows(infer(window));

    assertThat(rows.get(0).getString("id")).isEqualTo("x");
    assertThat(rows.get(0).getJsonObject("error").getString("code")).isEqualTo("item_too_long");
    assertThat(rows.get(1).getJsonObject("error").getString("code")).isEqualTo("item_invalid");
    assertThat(rows.get(2).getJsonObject("error").getString("code")).isEqualTo("inference_failed");
    assertThat(rows.get(3).getString("id")).isEqualTo("y");
    assertThat(rows.get(3).containsKey("embedding")).isTrue();
  }

  @Test
  void rowsThatCannotBeRenderedFailTheirWindow() {
    List<Line> lines =
        new AbstractList<>() {
          @Override
          public Line get(int i) {
            if (Thread.currentThread().getName().endsWith("-render")) {
              throw new StackOverflowError("too deep");
            }
            return new Line(i, i + 1, 0, "\"a\"", null);
          }

          @Override
          public int size() {
            return 1;
          }
        };
    assertThat(
            batcher
                .infer(new Window(lines, RowEncoding.JSON, settled -> {}))
                .toCompletionStage()
                .toCompletableFuture())
        .failsWithin(10, TimeUnit.SECONDS)
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(StackOverflowError.class);
  }

  @Test
  void aCallThatNeverReturnsIsFoundAndALongOneIsNot() throws Exception {
    ScriptedEngine.Hold hold = engine.hold();
    var running = batcher.infer(window("a"));
    hold.awaitBatch();
    assertThat(batcher.ailment()).isNull();
    clock.advance(Pulse.INFERENCE_STUCK_AFTER.minusSeconds(60));
    assertThat(batcher.ailment()).isNull();
    clock.advance(Duration.ofSeconds(60));
    assertThat(batcher.ailment())
        .isEqualTo("the thread holdfast-scripted-lane-0 has been in one call for more than 300 s");
    hold.release();
    running.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    Waits.until(() -> batcher.ailment() == null);
  }

  @Test
  void waitingForWorkIsNoAilmentHoweverLong() throws Exception {
    infer(window("a"));
    clock.advance(Pulse.INFERENCE_STUCK_AFTER.multipliedBy(100));
    Waits.until(() -> batcher.ailment() == null);
  }

  @Test
  void closingFailsWhatIsStillInside() throws Exception {
    ScriptedEngine.Hold hold = engine.hold();
    var running = batcher.infer(window("a"));
    hold.awaitBatch();
    var waiting = batcher.infer(window("b".repeat(999)));
    Thread closer = new Thread(batcher::close);
    closer.start();
    Waits.until(() -> batcher.infer(window("is it closed yet?")).failed());
    hold.release();
    closer.join();

    running.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    assertThat(waiting.toCompletionStage().toCompletableFuture())
        .failsWithin(10, TimeUnit.SECONDS)
        .withThrowableOfType(CancellationException.class);
  }
}
