package dev.holdfast.djl;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.holdfast.job.Item;
import dev.holdfast.worker.InferenceEngine.Preparation;
import dev.holdfast.worker.InferenceEngine.Prepared;
import dev.holdfast.worker.InferenceEngine.Row;
import java.nio.ByteBuffer;
import java.util.List;

/** What a model of one kind does with its items. Thread-safe. */
interface Task extends AutoCloseable {

  List<Preparation> prepare(List<Item> items);

  /**
   * @param batch what this task prepared
   * @throws RuntimeException from the engine, or because the model's answer is of no use
   */
  List<Row> infer(Forward forward, List<Prepared> batch);

  /** Items that any model of this kind must be able to infer; may be empty. */
  List<Item> samples();

  /**
   * Items of different lengths, by whose rows two forms of one model are compared; empty if this
   * kind of model does not say what it takes. A model need not take all of them.
   */
  List<Item> yardstick();

  @Override
  void close();

  /** One call of a model. */
  interface Forward {

    /** Owns every array of this call; closed after it. */
    NDManager arrays();

    /**
     * Memory for all the inputs of this call; ask for it once a call.
     *
     * @return direct and little-endian, {@code bytes} long, with what the last call left in it; the
     *     next call has it again
     */
    ByteBuffer memory(int bytes);

    NDList apply(NDList inputs);
  }
}
