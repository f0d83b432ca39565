package dev.holdfast.worker;

import dev.holdfast.job.Item;
import dev.holdfast.world.ScriptedEngine;
import io.vertx.core.Future;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Infers on virtual time, a part of each window now and the rest later. */
final class SimBatcher implements Batcher {

  private final SimWorld world;
  private final SimProcess process;
  private final InferenceEngine.LoadedModel model;
  private final int millisMax;

  /**
   * @param millisMax what half a window takes at most
   */
  SimBatcher(SimWorld world, SimProcess process, InferenceEngine.LoadedModel model, int millisMax) {
    this.world = world;
    this.process = process;
    this.model = model;
    this.millisMax = millisMax;
  }

  @Override
  public InferenceEngine.LoadedModel model() {
    return model;
  }

  @Override
  public double itemsPerSecond() {
    return 10;
  }

  @Override
  public Future<Window.Rendered> infer(Window window) {
    int half = window.items() / 2;
    later(
        () -> {
          settle(window, 0, half);
          later(() -> settle(window, half, window.items()));
        });
    return window.future();
  }

  private void later(Runnable task) {
    process.after(Duration.ofMillis(world.between(1, millisMax)), task);
  }

  private void settle(Window window, int from, int to) {
    if (!window.begin()) {
      return;
    }
    for (int i = from; i < to; i++) {
      Item item = window.parse(i, model.spec().kind());
      if (item instanceof Item.Text lethal && lethal.text().equals(SimInput.LETHAL)) {
        process.kill("by its input");
        return;
      }
      Object row =
          item instanceof Item.Text text
              ? new InferenceEngine.Embedding(ScriptedEngine.vector(text.text()))
              : null;
      if (window.settle(i, row)) {
        window.render();
      }
    }
  }

  @Override
  public void leave() {
    // it knows no other order than that of the windows
  }

  @Override
  public Duration recentBatch() {
    return Duration.ZERO;
  }

  @Override
  public @Nullable String ailment() {
    return null;
  }

  @Override
  public void lose(InferenceEngine.DeviceLostException why) {
    // its threads always come round
  }

  @Override
  public void close() {
    model.close();
  }
}
