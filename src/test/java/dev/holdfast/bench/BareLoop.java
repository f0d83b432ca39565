package dev.holdfast.bench;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.ParameterStore;
import dev.holdfast.Sentences;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.MappedByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The best loop that one would write around the bare model: a window of texts is tokenised without
 * padding, sorted by token count, cut by a token budget and inferred, on one thread. No queue, no
 * record, no result file. Reads {@code first count} lines from its standard input, or {@code first
 * count batch} with the most texts of a forward call, and answers each with the seconds that
 * embedding those sentences took. How many it has embedded so far is in the file that its second
 * argument names, if it has one.
 */
final class BareLoop {

  static final int BATCH_ITEMS_MAX = 32;
  static final int BATCH_TOKENS_MAX = 512;

  private static final int WINDOW_TEXTS = 250;
  private static final int TEXT_TOKENS_MAX = 256;

  private final HuggingFaceTokenizer tokenizer;
  private final NDManager manager;
  private final Block block;
  private final Optional<MappedByteBuffer> done;
  private long embedded;

  private BareLoop(
      HuggingFaceTokenizer tokenizer,
      NDManager manager,
      Block block,
      Optional<MappedByteBuffer> done) {
    this.tokenizer = tokenizer;
    this.manager = manager;
    this.block = block;
    this.done = done;
  }

  public static void main(String[] arguments)
      throws IOException, ModelNotFoundException, MalformedModelException {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("ai.djl.pytorch.num_threads", "1");
    System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
    Path directory = Path.of(arguments[0]);
    try (HuggingFaceTokenizer tokenizer =
            HuggingFaceTokenizer.builder()
                .optTokenizerPath(directory.resolve("tokenizer.json"))
                .optPadding(false)
                .optTruncation(true)
                .optMaxLength(TEXT_TOKENS_MAX)
                .build();
        ZooModel<NDList, NDList> model =
            Criteria.builder()
                .setTypes(NDList.class, NDList.class)
                .optEngine("PyTorch")
                .optDevice(Device.cpu())
                .optModelPath(directory.resolve("model.pt"))
                .build()
                .loadModel()) {
      Optional<MappedByteBuffer> done =
          arguments.length > 1
              ? Optional.of(BareWay.counter(Path.of(arguments[1])))
              : Optional.empty();
      BareLoop loop = new BareLoop(tokenizer, model.getNDManager(), model.getBlock(), done);
      System.out.println("ready");
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        List<String> words = List.of(line.split(" ", -1));
        long first = Long.parseLong(words.get(0));
        int count = Integer.parseInt(words.get(1));
        int batchMax = words.size() > 2 ? Integer.parseInt(words.get(2)) : BATCH_ITEMS_MAX;
        List<String> texts =
            IntStream.range(0, count).mapToObj(i -> Sentences.at(first + i)).toList();
        long from = System.nanoTime();
        for (int i = 0; i < count; i += WINDOW_TEXTS) {
          loop.embed(texts.subList(i, Math.min(count, i + WINDOW_TEXTS)), batchMax);
        }
        System.out.println((System.nanoTime() - from) / 1e9);
      }
    }
  }

  private float[][] embed(List<String> texts, int batchMax) {
    long[][] ids =
        Arrays.stream(tokenizer.batchEncode(texts)).map(Encoding::getIds).toArray(long[][]::new);
    List<Integer> order =
        IntStream.range(0, ids.length)
            .boxed()
            .sorted(Comparator.comparingInt((Integer i) -> -ids[i].length))
            .toList();
    float[][] vectors = new float[ids.length][];
    int from = 0;
    while (from < order.size()) {
      int longest = ids[order.get(from)].length;
      int fit = Math.max(1, Math.min(batchMax, BATCH_TOKENS_MAX / longest));
      List<Integer> batch = order.subList(from, Math.min(order.size(), from + fit));
      forward(ids, batch, longest, vectors);
      embedded += batch.size();
      done.ifPresent(counter -> counter.putLong(0, embedded));
      from += batch.size();
    }
    return vectors;
  }

  private void forward(long[][] ids, List<Integer> batch, int longest, float[][] vectors) {
    long[] input = new long[batch.size() * longest];
    long[] mask = new long[batch.size() * longest];
    for (int row = 0; row < batch.size(); row++) {
      long[] tokens = ids[batch.get(row)];
      System.arraycopy(tokens, 0, input, row * longest, tokens.length);
      Arrays.fill(mask, row * longest, row * longest + tokens.length, 1);
    }
    try (NDManager scope = manager.newSubManager()) {
      Shape shape = new Shape(batch.size(), longest);
      NDList output =
          block.forward(
              new ParameterStore(scope, false),
              new NDList(scope.create(input, shape), scope.create(mask, shape)),
              false);
      float[] all = output.head().toFloatArray();
      int dimension = all.length / batch.size();
      for (int row = 0; row < batch.size(); row++) {
        vectors[batch.get(row)] = Arrays.copyOfRange(all, row * dimension, (row + 1) * dimension);
      }
    }
  }
}
