package dev.holdfast.djl;

import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import dev.holdfast.worker.InferenceEngine.InferenceException;
import dev.holdfast.worker.InferenceEngine.Lane;
import dev.holdfast.worker.InferenceEngine.Prepared;
import dev.holdfast.worker.InferenceEngine.Row;
import java.util.List;

/**
 * Calls the module directly. DJL's {@code Predictor} would add a translator and its own batching,
 * both of which the worker already has.
 */
final class DjlLane implements Lane {

  private final Model model;
  private final Task task;

  DjlLane(Model model, Task task) {
    this.model = model;
    this.task = task;
  }

  @Override
  public List<Row> infer(List<Prepared> batch) throws InferenceException {
    // Closing it frees the native memory of the whole batch, whatever happened.
    try (NDManager arrays = model.getNDManager().newSubManager()) {
      return task.infer(new Call(arrays), batch);
    } catch (RuntimeException | OutOfMemoryError e) {
      throw new InferenceException(EngineMessages.reason(e), e);
    }
  }

  @Override
  public void close() {}

  private final class Call implements Task.Forward {

    private final NDManager arrays;

    Call(NDManager arrays) {
      this.arrays = arrays;
    }

    @Override
    public NDManager arrays() {
      return arrays;
    }

    @Override
    public NDList apply(NDList inputs) {
      return model.getBlock().forward(new ParameterStore(arrays, false), inputs, false);
    }
  }
}
