package dev.holdfast.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.holdfast.job.Item;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.Tensor;
import dev.holdfast.job.Tensor.Datatype;
import dev.holdfast.worker.InferenceEngine.Preparation;
import dev.holdfast.worker.InferenceEngine.Prepared;
import dev.holdfast.worker.InferenceEngine.Rejected;
import dev.holdfast.worker.InferenceEngine.Row;
import dev.holdfast.worker.InferenceEngine.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Tensors in, tensors out: forward is called with an item's inputs in their order; their names are
 * the client's own.
 *
 * <p>Items with equal names, datatypes and trailing dimensions share a batch: their inputs are
 * joined along the first dimension, and each output is cut back into the items' rows. An item that
 * has no such common first dimension is a batch of its own.
 *
 * <p>The key {@code outputs} of {@code serving.properties} names the outputs, with commas between
 * the names. Without it they have the names that the model gives them in a dictionary, in
 * alphabetical order, else {@code output_0}, {@code output_1} and so on.
 */
final class TensorTask implements Task {

  /** Where the engine's vector instructions like an array to begin. */
  private static final int ALIGNMENT_BYTES = 64;

  private final List<String> outputNames;

  /**
   * @param outputNames empty to use the model's own
   */
  TensorTask(List<String> outputNames) {
    this.outputNames = outputNames;
  }

  /** The inputs of one call, checked. */
  private record Inputs(List<Tensor> tensors, Object signature, int tokens) implements Prepared {

    /** The common first dimension, or 1 if this is a batch of its own. */
    long rows() {
      return signature instanceof Signature ? tensors.get(0).shape().get(0) : 1;
    }
  }

  /** What inputs must have in common to be joined. */
  private record Signature(List<Column> columns) {}

  private record Column(String name, Datatype datatype, List<Long> trailing) {}

  @Override
  public List<Preparation> prepare(List<Item> items) {
    List<Preparation> outcomes = new ArrayList<>(items.size());
    for (Item item : items) {
      try {
        outcomes.add(inputs(item));
      } catch (JobException e) {
        outcomes.add(new Rejected(e));
      }
    }
    return outcomes;
  }

  private static Inputs inputs(Item item) {
    if (!(item instanceof Item.Tensors call)) {
      throw JobError.ITEM_WRONG_KIND.because("this model takes tensors, not text");
    }
    List<Tensor> tensors = call.inputs();
    TensorCheck.check(tensors);
    long elements = tensors.stream().mapToLong(Tensor::elements).max().orElse(1);
    int tokens = (int) Math.max(1, Math.min(elements, Integer.MAX_VALUE));
    return new Inputs(tensors, signature(tensors), tokens);
  }

  private static Object signature(List<Tensor> tensors) {
    List<Long> first = tensors.get(0).shape();
    List<Column> columns = new ArrayList<>(tensors.size());
    for (Tensor tensor : tensors) {
      List<Long> shape = tensor.shape();
      if (shape.isEmpty() || first.isEmpty() || !shape.get(0).equals(first.get(0))) {
        return new Object();
      }
      columns.add(new Column(tensor.name(), tensor.datatype(), shape.subList(1, shape.size())));
    }
    return new Signature(columns);
  }

  @Override
  public List<Row> infer(Forward forward, List<Prepared> batch) {
    List<Inputs> items = batch.stream().map(Inputs.class::cast).toList();
    NDList inputs = joined(forward, items);
    NDList outputs = forward.apply(inputs);
    List<List<Tensor>> rows = new ArrayList<>();
    items.forEach(item -> rows.add(new ArrayList<>()));
    named(outputs).forEach((name, output) -> cut(name, output, items, rows));
    return rows.stream().<Row>map(Tensors::new).toList();
  }

  private static NDList joined(Forward forward, List<Inputs> items) {
    int count = items.get(0).tensors.size();
    int[] ends = new int[count];
    long end = 0;
    for (int i = 0; i < count; i++) {
      long bytes = 0;
      for (Inputs item : items) {
        bytes += item.tensors.get(i).data().remaining();
      }
      end = aligned(end) + bytes;
      ends[i] = Math.toIntExact(end);
    }
    ByteBuffer memory = forward.memory(Math.toIntExact(end));
    NDList inputs = new NDList();
    int start = 0;
    for (int i = 0; i < count; i++) {
      ByteBuffer data = memory.slice(start, ends[i] - start);
      inputs.add(joined(forward, items, i, data));
      start = (int) aligned(ends[i]);
    }
    return inputs;
  }

  private static long aligned(long offset) {
    return (offset + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
  }

  private static NDArray joined(Forward forward, List<Inputs> items, int index, ByteBuffer data) {
    items.forEach(item -> data.put(item.tensors.get(index).data().duplicate()));
    Tensor first = items.get(0).tensors.get(index);
    long[] shape = first.shape().stream().mapToLong(Long::longValue).toArray();
    if (items.size() > 1) {
      shape[0] = rows(items);
    }
    DataType type = Objects.requireNonNull(Datatypes.toEngine(first.datatype()));
    // Without a name: DJL reads dots and brackets in names as instructions.
    return forward.arrays().create(data.flip(), new Shape(shape), type);
  }

  private static long rows(List<Inputs> items) {
    return items.stream().mapToLong(Inputs::rows).sum();
  }

  private Map<String, NDArray> named(NDList outputs) {
    Map<String, NDArray> dictionary = new TreeMap<>();
    outputs.stream()
        .filter(output -> output.getName() != null)
        .forEach(output -> dictionary.put(output.getName(), output));
    boolean hasNames = dictionary.size() == outputs.size();
    if (outputNames.isEmpty() && hasNames) {
      return dictionary;
    }
    if (!outputNames.isEmpty() && outputNames.size() != outputs.size()) {
      throw new IllegalStateException(
          "the model gives %d outputs; %s names %d"
              .formatted(outputs.size(), ServingProperties.FILE, outputNames.size()));
    }
    Map<String, NDArray> named = new LinkedHashMap<>();
    for (int i = 0; i < outputs.size(); i++) {
      String name = outputNames.isEmpty() ? "output_" + i : outputNames.get(i);
      named.put(name, dictionary.getOrDefault(name, outputs.get(i)));
    }
    return named;
  }

  /** Gives each item its rows of an output. */
  private static void cut(
      String name, NDArray output, List<Inputs> items, List<List<Tensor>> rows) {
    Datatype datatype = Datatypes.fromEngine(output.getDataType());
    if (datatype == null) {
      throw new IllegalStateException(
          "output %s has a type that cannot leave the engine; allowed: %s"
              .formatted(name, Datatypes.allowed()));
    }
    List<Long> shape = new ArrayList<>();
    for (long dimension : output.getShape().getShape()) {
      shape.add(dimension);
    }
    ByteBuffer data = output.toByteBuffer();
    if (items.size() == 1) {
      rows.get(0).add(tensor(name, datatype, shape, data));
      return;
    }
    long sum = rows(items);
    if (shape.isEmpty() || shape.get(0) != sum) {
      throw new IllegalStateException(
          "output %s has the shape %s for a batch of %d rows: this model does not keep the batch dimension; set batch.items: 1 for it"
              .formatted(name, shape, sum));
    }
    int rowBytes = sum == 0 ? 0 : (int) (data.remaining() / sum);
    int start = data.position();
    for (int i = 0; i < items.size(); i++) {
      int length = (int) items.get(i).rows() * rowBytes;
      shape.set(0, items.get(i).rows());
      rows.get(i).add(tensor(name, datatype, shape, data.slice(start, length)));
      start += length;
    }
  }

  private static Tensor tensor(String name, Datatype datatype, List<Long> shape, ByteBuffer data) {
    ByteBuffer readOnly = data.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    return new Tensor(name, datatype, shape, readOnly);
  }

  @Override
  public List<Item> samples() {
    return List.of();
  }

  @Override
  public List<Item> yardstick() {
    return List.of();
  }

  @Override
  public void close() {}
}
