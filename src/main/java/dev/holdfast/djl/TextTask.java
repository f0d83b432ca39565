package dev.holdfast.djl;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.holdfast.job.Item;
import dev.holdfast.job.JobError;
import dev.holdfast.worker.InferenceEngine.Embedding;
import dev.holdfast.worker.InferenceEngine.ModelLoadException;
import dev.holdfast.worker.InferenceEngine.Preparation;
import dev.holdfast.worker.InferenceEngine.Prepared;
import dev.holdfast.worker.InferenceEngine.Rejected;
import dev.holdfast.worker.InferenceEngine.Row;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** Text in, one vector out: tokenise, pad, forward, pool, normalise. */
final class TextTask implements Task {

  /** The outputs to prefer if the model names its outputs, as exporters call them. */
  private static final List<String> OUTPUTS = List.of("sentence_embedding", "last_hidden_state");

  /** Ids, mask and types. */
  private static final int INPUTS_MAX = 3;

  private final HuggingFaceTokenizer tokenizer;
  private final TextSettings settings;
  private final int tokensMax;
  private final long padId;

  private TextTask(HuggingFaceTokenizer tokenizer, TextSettings settings, long padId) {
    this.tokenizer = tokenizer;
    this.settings = settings;
    this.padId = padId;
    int own = tokenizer.getMaxLength();
    this.tokensMax = Math.min(own > 0 ? own : Integer.MAX_VALUE, settings.modelMaxLength());
  }

  static TextTask open(ModelDirectory directory) throws ModelLoadException {
    TextSettings settings = TextSettings.of(directory.properties());
    Path file = Objects.requireNonNull(directory.tokenizer());
    try {
      long padId = TokenizerFile.padId(file);
      return new TextTask(
          HuggingFaceTokenizer.newInstance(file, settings.tokenizerOptions()), settings, padId);
    } catch (IOException | RuntimeException | LinkageError e) {
      throw new ModelLoadException(
          file + " cannot be loaded as a tokenizer: " + EngineMessages.reason(e), e);
    }
  }

  /** A tokenised text; never empty, never longer than the model takes. */
  private static final class Tokens implements Prepared {

    private final long[] ids;
    private final long[] types;

    Tokens(Encoding encoding) {
      this.ids = encoding.getIds();
      this.types = encoding.getTypeIds();
    }

    @Override
    public int tokens() {
      return ids.length;
    }

    @Override
    public Object signature() {
      return Tokens.class;
    }
  }

  @Override
  public List<Preparation> prepare(List<Item> items) {
    return items.stream().map(this::prepare).toList();
  }

  private Preparation prepare(Item item) {
    if (!(item instanceof Item.Text content)) {
      return rejected(JobError.ITEM_WRONG_KIND, "this model takes text, not tensors");
    }
    int half = unpairedSurrogate(content.text());
    if (half >= 0) {
      return rejected(
          JobError.ITEM_NOT_UTF8,
          "the text has half of a character (an unpaired surrogate) at index " + half);
    }
    try {
      // Not batchEncode: it is no faster, and it aborts the process where this throws.
      return checked(tokenizer.encode(content.text()));
    } catch (RuntimeException e) {
      return rejected(
          JobError.ITEM_INVALID, "the text cannot be tokenised: " + EngineMessages.reason(e));
    }
  }

  private Preparation checked(Encoding encoding) {
    int tokens = encoding.getIds().length;
    if (tokens == 0) {
      return rejected(JobError.ITEM_INVALID, "the text has no tokens");
    }
    if (tokens > tokensMax) {
      return rejected(
          JobError.ITEM_TOO_LONG,
          "the text has %d tokens; this model takes at most %d".formatted(tokens, tokensMax));
    }
    return new Tokens(encoding);
  }

  private static Rejected rejected(JobError error, String message) {
    return new Rejected(error.because(message));
  }

  /** The tokenizer would drop it without a word. */
  private static int unpairedSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public List<Row> infer(Forward forward, List<Prepared> batch) {
    int texts = batch.size();
    int width = batch.stream().mapToInt(Prepared::tokens).max().orElseThrow();
    Shape shape = new Shape(texts, width);
    int bytes = Math.multiplyExact(Math.multiplyExact(texts, width), Long.BYTES);
    ByteBuffer memory = forward.memory(Math.multiplyExact(INPUTS_MAX, bytes));
    ByteBuffer ids = part(memory, 0, bytes);
    ByteBuffer present = part(memory, 1, bytes);
    ByteBuffer types = part(memory, 2, bytes);
    for (Prepared prepared : batch) {
      Tokens tokens = (Tokens) prepared;
      for (int i = 0; i < width; i++) {
        boolean token = i < tokens.ids.length;
        ids.putLong(token ? tokens.ids[i] : padId);
        present.putLong(token ? 1 : 0);
        types.putLong(token ? tokens.types[i] : 0);
      }
    }
    NDArray mask = input(forward, present, shape);
    NDList inputs = new NDList(input(forward, ids, shape), mask);
    if (settings.tokenTypes()) {
      inputs.add(input(forward, types, shape));
    }
    NDArray vectors = pooled(output(forward.apply(inputs)), mask);
    if (vectors.getShape().dimension() != 2 || vectors.getShape().get(0) != texts) {
      throw new IllegalStateException(
          "the model gives %s for %d texts; expected a vector or a matrix of hidden states for each"
              .formatted(vectors.getShape(), texts));
    }
    return rows(settings.normalizes() ? vectors.normalize(2, 1) : vectors);
  }

  private static ByteBuffer part(ByteBuffer memory, int index, int bytes) {
    return memory.slice(index * bytes, bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private NDArray input(Forward forward, ByteBuffer values, Shape shape) {
    NDArray array = forward.arrays().create(values.flip(), shape, DataType.INT64);
    return settings.int32() ? array.toType(DataType.INT32, false) : array;
  }

  private static NDArray output(NDList outputs) {
    for (String name : OUTPUTS) {
      NDArray named = outputs.get(name);
      if (named != null) {
        return named;
      }
    }
    return outputs.head();
  }

  private NDArray pooled(NDArray output, NDArray mask) {
    NDArray values = output.toType(DataType.FLOAT32, false);
    return values.getShape().dimension() == 3
        ? settings.pooling().pool(values, mask.toType(DataType.FLOAT32, false))
        : values;
  }

  private static List<Row> rows(NDArray vectors) {
    int texts = (int) vectors.getShape().get(0);
    float[] values = vectors.toFloatArray();
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new IllegalStateException("the model gives " + value + " in a vector");
      }
    }
    int width = values.length / texts;
    List<Row> rows = new ArrayList<>(texts);
    for (int i = 0; i < texts; i++) {
      rows.add(new Embedding(Arrays.copyOfRange(values, i * width, (i + 1) * width)));
    }
    return rows;
  }

  @Override
  public List<Item> samples() {
    return List.of(new Item.Text(null, "warm-up"));
  }

  @Override
  public List<Item> yardstick() {
    return YardstickTexts.all();
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
