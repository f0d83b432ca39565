package dev.holdfast.djl;

import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import dev.holdfast.worker.InferenceEngine.InferenceException;
import dev.holdfast.worker.InferenceEngine.Lane;
import dev.holdfast.worker.InferenceEngine.Prepared;
import dev.holdfast.worker.InferenceEngine.Row;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Calls the module below DJL's {@code Predictor} and {@code Block}. The first would add a
 * translator and batching of its own; the second loses the native handles of a call's inputs when
 * the call fails, which a stream of bad rows would turn into a leak.
 */
final class DjlLane implements Lane {

  private static final int MEMORY_BYTES_MIN = 64 * 1024;

  private final Model model;
  private final PtSymbolBlock block;
  private final Task task;

  /** Kept, because direct memory is only given back when the garbage collector comes by. */
  private ByteBuffer memory = ByteBuffer.allocateDirect(MEMORY_BYTES_MIN);

  /** Must be called on the thread that will infer: part of the engine's settings are its own. */
  DjlLane(Model model, Task task) {
    this.model = model;
    this.block = (PtSymbolBlock) model.getBlock();
    this.task = task;
    // The optimiser would start anew for each batch shape, which stalls batches of changing sizes.
    JniUtils.setGraphExecutorOptimize(Boolean.getBoolean("ai.djl.pytorch.graph_optimizer"));
  }

  @Override
  public List<Row> infer(List<Prepared> batch) throws InferenceException {
    // Closing it frees the native memory of the whole batch, whatever happened.
    try (NDManager arrays = model.getNDManager().newSubManager()) {
      return task.infer(new Call(arrays), batch);
    } catch (RuntimeException | OutOfMemoryError e) {
      throw EngineFailures.of(e);
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
    public ByteBuffer memory(int bytes) {
      if (memory.capacity() < bytes) {
        memory = ByteBuffer.allocateDirect(bytes);
      }
      return memory.slice(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public NDList apply(NDList inputs) {
      IValue[] values = inputs.stream().map(i -> IValue.from((PtNDArray) i)).toArray(IValue[]::new);
      try (IValue output = IValueUtils.runMethod(block, "forward", values)) {
        return output.toNDList((PtNDManager) arrays);
      } finally {
        for (IValue value : values) {
          value.close();
        }
      }
    }
  }
}
