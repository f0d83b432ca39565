package dev.holdfast.onnx;

import dev.holdfast.onnx.OnnxWeights.Weight;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A BERT sentence encoder in PyTorch's layout.
 *
 * @param archive its weights
 * @param code what it does with them
 */
record SentenceEncoder(TorchScriptArchive archive, EncoderCode code) {

  /**
   * Attention heads. The weights do not tell their number: it is 12 in the MiniLM family as in
   * BERT-base.
   */
  private static final int HEADS = 12;

  /**
   * @throws IOException if the file is not the ONNX export of a BERT encoder, with the reason
   */
  static SentenceEncoder read(Path onnx) throws IOException {
    OnnxWeights weights = OnnxWeights.read(onnx);
    Weight words = weights.get("embeddings.word_embeddings.weight", 2);
    int hidden = (int) words.shape()[1];
    if (hidden % HEADS != 0) {
      throw new IOException("a width of %d cannot be split into %d heads".formatted(hidden, HEADS));
    }
    TorchScriptArchive archive = new TorchScriptArchive();
    archive.tensor("word", words.values(), words.shape());
    addPositions(archive, weights, hidden);
    addNorm(archive, "embedding_norm", weights, "embeddings.LayerNorm");
    int layers = 0;
    while (weights.has("encoder.layer." + layers + ".output.LayerNorm.weight")) {
      addLayer(archive, weights, layers++);
    }
    if (layers == 0) {
      throw new IOException("the model has no encoder layer, so it is no BERT encoder");
    }
    return new SentenceEncoder(archive, new EncoderCode(layers, HEADS, hidden));
  }

  void write(Path file, WeightType weights) throws IOException {
    archive.write(file, code.forward(weights), weights);
  }

  /** Every token of a sentence has type 0, so its embedding is added to the positions once. */
  private static void addPositions(TorchScriptArchive archive, OnnxWeights weights, int hidden)
      throws IOException {
    Weight positions = weights.get("embeddings.position_embeddings.weight", 2);
    float[] types = weights.get("embeddings.token_type_embeddings.weight", 2).values();
    float[] sums = positions.values();
    for (int i = 0; i < sums.length; i++) {
      sums[i] += types[i % hidden];
    }
    archive.tensor("position", sums, positions.shape());
  }

  private static void addLayer(TorchScriptArchive archive, OnnxWeights weights, int index)
      throws IOException {
    String from = "encoder.layer." + index + ".";
    String to = "layer" + index + "_";
    addJoined(archive, to + "qkv", weights, from + "attention.self.");
    addLinear(archive, to + "out", weights, from + "attention.output.dense");
    addNorm(archive, to + "out_norm", weights, from + "attention.output.LayerNorm");
    addLinear(archive, to + "up", weights, from + "intermediate.dense");
    addLinear(archive, to + "down", weights, from + "output.dense");
    addNorm(archive, to + "down_norm", weights, from + "output.LayerNorm");
  }

  /** Query, key and value as one layer: one large product is faster than three small ones. */
  private static void addJoined(
      TorchScriptArchive archive, String to, OnnxWeights weights, String from) throws IOException {
    Weight query = weights.linear(from + "query");
    int rows = (int) query.shape()[0];
    int columns = (int) query.shape()[1];
    float[] matrix = new float[3 * rows * columns];
    float[] bias = new float[3 * rows];
    int part = 0;
    for (String name : new String[] {"query", "key", "value"}) {
      copy(weights.linear(from + name).values(), matrix, part * rows * columns, rows * columns);
      copy(weights.get(from + name + ".bias", 1).values(), bias, part * rows, rows);
      part++;
    }
    archive.tensor(to + "_weight", matrix, 3L * rows, columns);
    archive.tensor(to + "_bias", bias, 3L * rows);
  }

  private static void copy(float[] from, float[] to, int at, int expected) throws IOException {
    if (from.length != expected) {
      throw new IOException("query, key and value differ in size");
    }
    System.arraycopy(from, 0, to, at, expected);
  }

  private static void addLinear(
      TorchScriptArchive archive, String to, OnnxWeights weights, String from) throws IOException {
    Weight matrix = weights.linear(from);
    archive.tensor(to + "_weight", matrix.values(), matrix.shape());
    addVector(archive, to + "_bias", weights, from + ".bias");
  }

  private static void addNorm(
      TorchScriptArchive archive, String to, OnnxWeights weights, String from) throws IOException {
    addVector(archive, to + "_weight", weights, from + ".weight");
    addVector(archive, to + "_bias", weights, from + ".bias");
  }

  private static void addVector(
      TorchScriptArchive archive, String to, OnnxWeights weights, String from) throws IOException {
    Weight vector = weights.get(from, 1);
    archive.tensor(to, vector.values(), vector.shape());
  }
}
