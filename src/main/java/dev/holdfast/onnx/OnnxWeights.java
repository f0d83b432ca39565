package dev.holdfast.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The fp32 weights of an exported BERT under their PyTorch names, such as {@code
 * encoder.layer.0.output.dense}.
 *
 * <p>An export keeps those names for embeddings, biases and layer norms. The matrices lose theirs
 * ({@code onnx::MatMul_787}) and are stored transposed; they are found by the name of the node that
 * multiplies with them.
 */
final class OnnxWeights {

  // field numbers of onnx.proto
  private static final int MODEL_GRAPH = 7;
  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_INITIALIZER = 5;
  private static final int NODE_INPUT = 1;
  private static final int NODE_NAME = 3;
  private static final int NODE_OPERATOR = 4;
  private static final int TENSOR_DIMENSIONS = 1;
  private static final int TENSOR_TYPE = 2;
  private static final int TENSOR_FLOATS = 4;
  private static final int TENSOR_NAME = 8;
  private static final int TENSOR_RAW = 9;

  private static final int TYPE_FLOAT = 1;

  private final Map<String, Initializer> initializers = new HashMap<>();
  private final Map<String, String> matrixNames = new HashMap<>();

  @SuppressWarnings("ArrayRecordComponent")
  private record Initializer(int type, long[] shape, @Nullable ByteBuffer data) {}

  private record Node(String name, String operator, List<String> inputs) {}

  private OnnxWeights() {}

  /**
   * @throws IOException if the file cannot be read or is no ONNX model, with the reason
   */
  static OnnxWeights read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() > Integer.MAX_VALUE) {
        throw new IOException(channel.size() + " bytes; at most " + Integer.MAX_VALUE);
      }
      ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
      OnnxWeights weights = new OnnxWeights();
      weights.readModel(new ProtobufReader(bytes));
      if (weights.initializers.isEmpty()) {
        throw new IOException("it holds no weights");
      }
      return weights;
    } catch (IOException e) {
      throw new IOException(file + " is not a readable ONNX model: " + e.getMessage(), e);
    }
  }

  private void readModel(ProtobufReader model) throws IOException {
    List<Node> nodes = new ArrayList<>();
    while (model.next()) {
      if (model.field() != MODEL_GRAPH) {
        model.skip();
        continue;
      }
      ProtobufReader graph = model.message();
      while (graph.next()) {
        switch (graph.field()) {
          case GRAPH_INITIALIZER -> readInitializer(graph.message());
          case GRAPH_NODE -> nodes.add(readNode(graph.message()));
          default -> graph.skip();
        }
      }
    }
    for (Node node : nodes) {
      int end = node.name.lastIndexOf('/');
      if (node.operator.equals("MatMul")
          && end > 0
          && node.inputs.size() == 2
          && initializers.containsKey(node.inputs.get(1))) {
        matrixNames.put(node.name.substring(1, end).replace('/', '.'), node.inputs.get(1));
      }
    }
  }

  private void readInitializer(ProtobufReader tensor) throws IOException {
    String name = "";
    int type = 0;
    ByteBuffer data = null;
    List<Long> shape = new ArrayList<>();
    while (tensor.next()) {
      switch (tensor.field()) {
        case TENSOR_DIMENSIONS -> {
          if (tensor.isLengthDelimited()) {
            for (long dimension : tensor.message().remainingVarints()) {
              shape.add(dimension);
            }
          } else {
            shape.add(tensor.varint());
          }
        }
        case TENSOR_TYPE -> type = (int) tensor.varint();
        case TENSOR_FLOATS, TENSOR_RAW -> data = tensor.bytes();
        case TENSOR_NAME -> name = tensor.string();
        default -> tensor.skip();
      }
    }
    long[] dimensions = shape.stream().mapToLong(Long::longValue).toArray();
    initializers.put(name, new Initializer(type, dimensions, data));
  }

  private static Node readNode(ProtobufReader node) throws IOException {
    String name = "";
    String operator = "";
    List<String> inputs = new ArrayList<>();
    while (node.next()) {
      switch (node.field()) {
        case NODE_INPUT -> inputs.add(node.string());
        case NODE_NAME -> name = node.string();
        case NODE_OPERATOR -> operator = node.string();
        default -> node.skip();
      }
    }
    return new Node(name, operator, inputs);
  }

  boolean has(String name) {
    return initializers.containsKey(name);
  }

  /** The values of a weight that must have {@code rank} dimensions, in row-major order. */
  Weight get(String name, int rank) throws IOException {
    Initializer found = initializers.get(name);
    if (found == null) {
      throw new IOException("the model has no weight " + name + ", so it is no BERT encoder");
    }
    long elements = 1;
    for (long dimension : found.shape) {
      if (dimension < 1 || dimension > Integer.MAX_VALUE || elements > Integer.MAX_VALUE) {
        throw new IOException(name + " has a dimension of " + dimension);
      }
      elements *= dimension;
    }
    if (found.type != TYPE_FLOAT || found.data == null) {
      throw new IOException(name + " has the ONNX type " + found.type + "; only fp32 is converted");
    }
    if (found.shape.length != rank || found.data.remaining() != elements * Float.BYTES) {
      throw new IOException(
          "%s has %d dimensions and %d bytes; expected %d dimensions and %d bytes"
              .formatted(
                  name, found.shape.length, found.data.remaining(), rank, elements * Float.BYTES));
    }
    float[] values = new float[(int) elements];
    found.data.duplicate().order(found.data.order()).asFloatBuffer().get(values);
    return new Weight(values, found.shape);
  }

  /** The matrix of a linear layer as PyTorch keeps it: one row an output. */
  Weight linear(String layer) throws IOException {
    String matrix = matrixNames.get(layer);
    return matrix == null ? get(layer + ".weight", 2) : get(matrix, 2).transposed();
  }

  /** fp32 values in row-major order; the arrays are the holder's own. */
  @SuppressWarnings("ArrayRecordComponent")
  record Weight(float[] values, long[] shape) {

    private Weight transposed() {
      int rows = (int) shape[0];
      int columns = (int) shape[1];
      float[] turned = new float[values.length];
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
          turned[column * rows + row] = values[row * columns + column];
        }
      }
      return new Weight(turned, new long[] {columns, rows});
    }
  }
}
