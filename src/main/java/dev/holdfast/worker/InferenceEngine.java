package dev.holdfast.worker;

import dev.holdfast.job.Item;
import dev.holdfast.job.JobException;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs models. The port that keeps every inference library out of the worker. */
public interface InferenceEngine {

  /**
   * Loads a model and proves that it can infer.
   *
   * @return ready for use; blocks for as long as that takes
   * @throws ModelLoadException with the reason, in one sentence an operator can act on
   */
  LoadedModel load(ModelSpec spec) throws ModelLoadException;

  /**
   * As {@link #load(ModelSpec)}, and says what it is at, for whoever waits.
   *
   * @param tells hears a sentence such as "model m is being measured"; on the calling thread
   * @throws CancellationException if it was stopped meanwhile
   */
  default LoadedModel load(ModelSpec spec, Consumer<String> tells) throws ModelLoadException {
    return load(spec);
  }

  /** Lets a load that takes its time fail soon, and every later one. Any thread; does not block. */
  default void stop() {
    // an engine that only loads has nothing to cut short
  }

  /** A model in memory. Thread-safe, except for its {@link Lane}s. */
  interface LoadedModel extends AutoCloseable {

    ModelSpec spec();

    /** SHA-256 over the files of the model directory, in hex. */
    String digest();

    /** How many batches it can infer at once, on all its devices together; always the same. */
    int lanes();

    /** What it runs on. */
    Hardware hardware();

    /**
     * The device that a lane infers on, by a name that is the same for every lane of this process,
     * of whatever model, that shares its memory.
     */
    String device(int lane);

    /** Opens one lane; call it and use the lane from the thread that will infer. */
    Lane openLane(int index);

    /**
     * Does what can be done beside inference, such as tokenising. Blocks; any thread.
     *
     * @return one outcome an item, in their order
     */
    List<Preparation> prepare(List<Item> items);

    /** Frees the model; its lanes must be closed by then. */
    @Override
    void close();
  }

  /**
   * What a model runs on.
   *
   * @param name devices, processors and engine: where two names are equal, a model can be expected
   *     to be as fast
   * @param devices how many there are; lanes are dealt out to them in turn
   */
  record Hardware(String name, int devices) {}

  /** What became of an item before inference. */
  sealed interface Preparation {}

  /** The item can be inferred. */
  non-sealed interface Prepared extends Preparation {

    /** Its length: tokens for text, elements for tensors; from 1. */
    int tokens();

    /** Only items with equal signatures share a batch. */
    Object signature();
  }

  /** The item cannot be inferred; its row becomes this error. */
  record Rejected(JobException reason) implements Preparation {}

  /** One batch at a time, on one thread. */
  interface Lane extends AutoCloseable {

    /**
     * @param batch not empty, equal signatures, within the model's batch limits
     * @return one row an item, in their order
     * @throws InferenceException if this batch cannot be inferred; the lane stays usable, and a
     *     smaller batch may succeed
     * @throws OutOfMemoryException if that is so because the device has too little memory for it
     * @throws DeviceLostException if nothing can be inferred by this process any more
     */
    List<Row> infer(List<Prepared> batch) throws InferenceException;

    @Override
    void close();
  }

  /** What a model says to one item. */
  sealed interface Row {}

  /** One vector; an array, since millions of them pass through. */
  @SuppressWarnings("ArrayRecordComponent")
  record Embedding(float[] vector) implements Row {
    @Override
    public boolean equals(Object other) {
      return other instanceof Embedding e && Arrays.equals(vector, e.vector);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(vector);
    }
  }

  record Tensors(List<Tensor> outputs) implements Row {
    public Tensors {
      outputs = List.copyOf(outputs);
    }
  }

  /** The model directory cannot be served. */
  final class ModelLoadException extends Exception {
    private static final long serialVersionUID = 1L;

    public ModelLoadException(String message, Throwable cause) {
      super(message, cause);
    }

    public ModelLoadException(String message) {
      super(message);
    }
  }

  /** A forward call failed. */
  sealed class InferenceException extends Exception
      permits OutOfMemoryException, DeviceLostException {
    private static final long serialVersionUID = 1L;

    public InferenceException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** The batch does not fit into the device's memory. */
  final class OutOfMemoryException extends InferenceException {
    private static final long serialVersionUID = 1L;

    public OutOfMemoryException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * The device, or this process's way to it, is beyond repair; a fresh process may find it well.
   */
  final class DeviceLostException extends InferenceException {
    private static final long serialVersionUID = 1L;

    public DeviceLostException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
