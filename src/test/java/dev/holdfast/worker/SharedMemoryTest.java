package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.RowEncoding;
import dev.holdfast.world.ManualClock;
import dev.holdfast.world.ScriptedEngine;
import dev.holdfast.world.Waits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two models on one device. */
@Timeout(30)
class SharedMemoryTest {

  private final ScriptedEngine engine = new ScriptedEngine();
  private final AtomicReference<Throwable> fatal = new AtomicReference<>();
  private final Map<String, Serving> models = new HashMap<>();

  private static ModelSpec named(String name) {
    ModelSpec some = ScriptedEngine.spec(8, 1_000);
    return new ModelSpec(name, some.location(), some.kind(), some.device(), some.batch());
  }

  private void load(Embedded embedded, ManualClock clock) throws Exception {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    new ModelLoading(
            engine,
            VerticleWorld.services(embedded, clock, meters),
            Checkpoints.every(Duration.ZERO),
            null,
            new WorkerMetrics(meters),
            fatal::set)
        .load(List.of(named("large"), named("small")), models, what -> {});
  }

  private Future<Window.Rendered> infer(String model, String text) {
    Line line = new Line(0, 1, 0, "\"" + text + "\"", null);
    return Objects.requireNonNull(models.get(model))
        .batcher()
        .infer(new Window(List.of(line), RowEncoding.JSON, settled -> {}));
  }

  /** Whether the small model's lane waits for the memory. */
  private static boolean waits() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(thread -> thread.getKey().getName().equals("holdfast-small-lane-0"))
        .filter(thread -> thread.getKey().getState() == Thread.State.WAITING)
        .flatMap(thread -> List.of(thread.getValue()).stream())
        .anyMatch(frame -> frame.getMethodName().equals("inferAlone"));
  }

  @Test
  void whatAnotherModelTakesForAMomentIsNoMemoryThatTheDeviceHasLost(@TempDir Path directory)
      throws Exception {
    ManualClock clock = new ManualClock();
    try (Embedded embedded = Embedded.open(directory, Optional.empty(), clock)) {
      load(embedded, clock);
      engine.memory(100);
      await(infer("small", "s".repeat(50)));
      CountDownLatch held = new CountDownLatch(1);
      CountDownLatch go = new CountDownLatch(1);
      engine.whileInMemory(
          texts -> {
            if (texts.get(0).startsWith("l")) {
              held.countDown();
              Waits.until(go);
            }
          });
      Future<Window.Rendered> large = infer("large", "l".repeat(80));
      Waits.until(held);
      Future<Window.Rendered> small = infer("small", "s".repeat(50));
      Waits.until(() -> waits() || small.isComplete());
      go.countDown();

      assertThat(await(small).failed()).isZero();
      assertThat(await(large).failed()).isZero();
      assertThat(fatal).hasNullValue();
      models.values().forEach(serving -> serving.batcher().close());
    }
  }
}
