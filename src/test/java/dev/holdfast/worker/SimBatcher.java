package dev.holdfast.worker;

import dev.holdfast.job.Item;
import dev.holdfast.world.ScriptedEngine;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Infers on virtual time, a part of each window now and the rest later, or never if it leaves. */
final class SimBatcher implements Batcher {

  private final SimWorld world;
  private final SimProcess process;
  private final InferenceEngine.LoadedModel model;
  private final int millisMax;
  private final Promise<Void> idle = Promise.promise();
  private boolean leaving;

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
          if (!leaving) {
            later(() -> settle(window, half, window.items()));
          }
        });
    return window.future();
  }

  private void later(Runnable task) {
    process.after(Duration.ofMillis(world.between(1, millisMax)), task);
  }

  private void settle(Window window, int from, int to) {
    if (window.cancelled()) {
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
  public <T> Future<T> render(Callable<T> task) {
    Promise<T> done = Promise.promise();
    later(
        () -> {
          try {
            done.complete(task.call());
          } catch (Exception e) {
            done.fail(e);
          }
        });
    return done.future();
  }

  @Override
  public Future<Void> leave() {
    if (!leaving) {
      leaving = true;
      later(idle::complete);
    }
    return idle.future();
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
