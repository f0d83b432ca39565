package dev.holdfast.worker;

import dev.holdfast.worker.InferenceEngine.LoadedModel;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** Infers the windows of all jobs that share one model. Thread-safe. */
interface Batcher extends AutoCloseable {

  LoadedModel model();

  /** What it can infer, by what it did so far; 0 before the first batch. */
  double itemsPerSecond();

  /**
   * Infers a window.
   *
   * @return its rows, on a thread of the batcher; fails if the batcher is closed or broken, or the
   *     window cancelled
   */
  Future<Window.Rendered> infer(Window window);

  /** Why nothing will ever be inferred here again, or null. */
  @Nullable String ailment();

  /** Ends the batcher and frees the model; windows that are still in here fail. */
  @Override
  void close();
}
