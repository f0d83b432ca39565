package dev.holdfast.peer;

import ai.djl.Device;
import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * One model, and a predictor for each thread that asks, as DJL's documentation advises. A text is
 * one forward call: whoever wants batches must gather messages by himself.
 */
final class DjlEmbedder implements Embedder {

  private static final int TEXT_TOKENS_MAX = 256;

  private final ZooModel<String, float[]> model;
  private final HuggingFaceTokenizer tokenizer;
  private final Queue<Predictor<String, float[]>> opened = new ConcurrentLinkedQueue<>();
  private final ThreadLocal<Predictor<String, float[]>> predictors =
      ThreadLocal.withInitial(this::open);

  private DjlEmbedder(ZooModel<String, float[]> model, HuggingFaceTokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
  }

  static DjlEmbedder load(String directory) throws Exception {
    HuggingFaceTokenizer tokenizer =
        HuggingFaceTokenizer.builder()
            .optTokenizerPath(Path.of(directory, "tokenizer.json"))
            .optPadding(false)
            .optTruncation(true)
            .optMaxLength(TEXT_TOKENS_MAX)
            .build();
    ZooModel<String, float[]> model =
        Criteria.builder()
            .setTypes(String.class, float[].class)
            .optEngine("PyTorch")
            .optDevice(Device.cpu())
            .optModelPath(Path.of(directory, "model.pt"))
            .optTranslator(new Texts(tokenizer))
            .build()
            .loadModel();
    return new DjlEmbedder(model, tokenizer);
  }

  private Predictor<String, float[]> open() {
    Predictor<String, float[]> predictor = model.newPredictor();
    opened.add(predictor);
    return predictor;
  }

  @Override
  public float[] embed(String text) throws Exception {
    return predictors.get().predict(text);
  }

  @Override
  public void close() {
    opened.forEach(Predictor::close);
    model.close();
    tokenizer.close();
  }

  private record Texts(HuggingFaceTokenizer tokenizer) implements Translator<String, float[]> {

    @Override
    public NDList processInput(TranslatorContext context, String text) {
      Encoding encoding = tokenizer.encode(text);
      NDManager arrays = context.getNDManager();
      return new NDList(
          arrays.create(encoding.getIds()), arrays.create(encoding.getAttentionMask()));
    }

    @Override
    public float[] processOutput(TranslatorContext context, NDList output) {
      return output.head().toFloatArray();
    }
  }
}
