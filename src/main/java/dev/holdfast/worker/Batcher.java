package dev.holdfast.worker;

import dev.holdfast.worker.InferenceEngine.DeviceLostException;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.Callable;
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

  /** Runs something on the thread that rows are rendered on. */
  <T> Future<T> render(Callable<T> task);

  /**
   * The worker leaves: no further micro-batch is begun.
   *
   * @return completes when none runs any more, and the windows are told that they have completed;
   *     the same to every caller
   */
  Future<Void> leave();

  /** What a micro-batch takes, by those of late; zero before the first. */
  Duration recentBatch();

  /** Why nothing will ever be inferred here again, or null. */
  @Nullable String ailment();

  /** Fails the windows that threads have in hand which do not come round. */
  void lose(DeviceLostException why);

  /** Ends the batcher and frees the model; windows that are still in here fail. */
  @Override
  void close();
}
