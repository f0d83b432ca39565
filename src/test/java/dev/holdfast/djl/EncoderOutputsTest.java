package dev.holdfast.djl;

import static dev.holdfast.djl.Engines.cosine;
import static dev.holdfast.djl.Engines.vectors;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.job.Item;
import dev.holdfast.job.JobError;
import dev.holdfast.job.ModelSpec.Kind;
import dev.holdfast.onnx.HiddenStates;
import dev.holdfast.worker.InferenceEngine.InferenceException;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.InferenceEngine.Preparation;
import dev.holdfast.worker.InferenceEngine.Prepared;
import dev.holdfast.worker.InferenceEngine.Rejected;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Encoders whose output still has to be chosen, pooled or scaled. */
class EncoderOutputsTest {

  private static final Reference REFERENCE = Reference.read();

  @TempDir Path directory;

  @BeforeEach
  void copyTheTokenizer() throws IOException {
    Files.copy(Engines.SHIPPED.resolve("tokenizer.json"), directory.resolve("tokenizer.json"));
  }

  private void hidden(String type, String returned) throws IOException {
    HiddenStates.write(directory.resolve("model.pt"), type, returned);
  }

  private List<float[]> embed(String properties, List<String> texts) throws Exception {
    Files.writeString(directory.resolve("serving.properties"), properties);
    try (LoadedModel model = Engines.load(directory, Kind.TEXT_EMBEDDING)) {
      return vectors(model, texts);
    }
  }

  @Test
  void meanPoolingAndNormalisingGiveTheReferenceVectors() throws Exception {
    hidden("Tensor", "hidden");
    List<float[]> found = embed("", REFERENCE.texts());
    for (int i = 0; i < found.size(); i++) {
      assertThat(cosine(found.get(i), REFERENCE.vectors().get(i))).isGreaterThan(0.9999);
      assertThat(length(found.get(i))).isBetween(0.9999, 1.0001);
    }
  }

  @Test
  void everyPoolingIgnoresThePadding() throws Exception {
    hidden("Tensor", "hidden");
    for (String pooling : List.of("mean", "cls", "max", "mean_sqrt_len")) {
      String properties = "normalize=false\npooling=" + pooling + "\n";
      float[] alone = embed(properties, List.of("short")).get(0);
      float[] padded = embed(properties, List.of("short", REFERENCE.texts().get(0))).get(0);
      for (int i = 0; i < alone.length; i++) {
        assertThat((double) padded[i]).as(pooling).isBetween(alone[i] - 1e-4, alone[i] + 1e-4);
      }
    }
  }

  @Test
  void poolingsDifferAsTheyShould() throws Exception {
    hidden("Tensor", "hidden");
    List<String> text = List.of("one two");
    float[] mean = embed("normalize=false\n", text).get(0);
    float[] root = embed("normalize=false\npooling=mean_sqrt_len\n", text).get(0);
    float[] max = embed("normalize=false\npooling=max\n", text).get(0);
    float[] first = embed("normalize=false\npooling=cls\n", text).get(0);
    int differences = 0;
    for (int i = 0; i < mean.length; i++) {
      // four tokens, two of them special
      assertThat((double) root[i]).isBetween(2 * mean[i] - 1e-4, 2 * mean[i] + 1e-4);
      assertThat(max[i]).isGreaterThanOrEqualTo(Math.max(mean[i], first[i]) - 1e-4f);
      differences += Math.abs(first[i] - mean[i]) > 1e-3 ? 1 : 0;
    }
    assertThat(differences).isGreaterThan(mean.length / 2);
  }

  @Test
  void prefersTheSentenceEmbeddingToHiddenStates() throws Exception {
    hidden("Dict[str, Tensor]", "{\"last_hidden_state\": hidden, \"sentence_embedding\": sum}");
    assertThat(length(embed("normalize=false\n", List.of("one two")).get(0))).isGreaterThan(2);
    hidden("Dict[str, Tensor]", "{\"another\": sum, \"last_hidden_state\": hidden}");
    assertIsReference(embed("", REFERENCE.texts().subList(0, 1)).get(0));
    hidden("Tuple[Tensor, Tensor]", "(hidden, sum)");
    assertIsReference(embed("", REFERENCE.texts().subList(0, 1)).get(0));
  }

  private static void assertIsReference(float[] vector) {
    assertThat(cosine(vector, REFERENCE.vectors().get(0))).isGreaterThan(0.9999);
  }

  private static double length(float[] vector) {
    double squares = 0;
    for (float each : vector) {
      squares += (double) each * each;
    }
    return Math.sqrt(squares);
  }

  @Test
  void aModelOfInt32AndTokenTypesGetsThem() throws Exception {
    TinyModels.write(
        directory,
        "ids: Tensor, mask: Tensor, types: Tensor",
        "Tensor",
        """
            sums = torch.sum(torch.add(torch.mul(ids, mask), types), [1], True, dtype=3)
            return torch.cat([torch.to(sums, 6), torch.mul(torch.to(sums, 6), 2.)], 1)
        """);
    float[] vector = embed("int32=true\nincludeTokenTypes=true\n", List.of("hello")).get(0);
    assertThat(vector).hasSize(2);
    assertThat(vector[1] / vector[0]).isBetween(1.999f, 2.001f);
  }

  @Test
  void aNumberThatIsNoneFailsTheBatchAndNotTheLane() throws Exception {
    TinyModels.write(
        directory,
        "ids: Tensor, mask: Tensor",
        "Tensor",
        """
            tokens = torch.to(torch.sum(mask, [1], True), 6)
            return torch.div(tokens, torch.sub(tokens, 4.))
        """);
    Files.writeString(directory.resolve("serving.properties"), "normalize=false\n");
    try (LoadedModel model = Engines.load(directory, Kind.TEXT_EMBEDDING)) {
      assertThatThrownBy(() -> vectors(model, List.of("one", "one two")))
          .isInstanceOf(InferenceException.class)
          .hasMessage("the model gives Infinity in a vector");
      assertThat(vectors(model, List.of("one")).get(0)).containsExactly(-3f);
    }
  }

  @Test
  void refusesALongTextIfItMayNotBeCut() throws Exception {
    Files.writeString(directory.resolve("serving.properties"), "truncation=false\nmaxLength=16\n");
    hidden("Tensor", "hidden");
    try (LoadedModel model = Engines.load(directory, Kind.TEXT_EMBEDDING)) {
      List<Preparation> outcomes =
          model.prepare(
              List.of(Engines.text("word ".repeat(14)), Engines.text("word ".repeat(15))));
      assertThat(((Prepared) outcomes.get(0)).tokens()).isEqualTo(16);
      assertRejected(outcomes.get(1), JobError.ITEM_TOO_LONG, "has 17 tokens", "at most 16");
    }
  }

  /** A stride of the window's size or more aborts the process in the tokenizer library. */
  @Test
  void ignoresTheStrideOfATokenizer() throws Exception {
    Path file = directory.resolve("tokenizer.json");
    String shipped = Files.readString(file);
    assertThat(shipped).contains("\"stride\": 0");
    Files.writeString(file, shipped.replace("\"stride\": 0", "\"stride\": 100"));
    TinyModels.write(
        directory, "ids: Tensor, mask: Tensor", "Tensor", "    return torch.to(ids, 6)\n");
    List<float[]> found = embed("maxLength=16\n", List.of("word ".repeat(200)));
    assertThat(found.get(0)).hasSize(16);
  }

  /** Such a tokenizer has no token for an unknown word; DJL's batchEncode aborts the process. */
  @Test
  void aTextThatCannotBeTokenisedLeavesItsNeighboursAlone() throws Exception {
    Files.writeString(
        directory.resolve("tokenizer.json"),
        """
        {"version": "1.0", "truncation": null, "added_tokens": [], "normalizer": null,
         "padding": {"strategy": "BatchLongest", "direction": "Right", "pad_id": 7,
                     "pad_to_multiple_of": null, "pad_type_id": 0, "pad_token": "pad"},
         "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
         "model": {"type": "WordLevel", "unk_token": "none",
                   "vocab": {"warm": 1, "-": 2, "up": 3, "pad": 7}}}
        """);
    TinyModels.write(
        directory, "ids: Tensor, mask: Tensor", "Tensor", "    return torch.to(ids, 6)\n");
    Files.writeString(directory.resolve("serving.properties"), "normalize=false\n");
    try (LoadedModel model = Engines.load(directory, Kind.TEXT_EMBEDDING)) {
      List<Item> items =
          List.of(
              Engines.text("warm-up"), Engines.text("cold"), Engines.text("up"), Engines.text(""));
      List<Preparation> outcomes = model.prepare(items);
      assertRejected(outcomes.get(1), JobError.ITEM_INVALID, "cannot be tokenised");
      assertRejected(outcomes.get(3), JobError.ITEM_INVALID, "the text has no tokens");
      assertThat(vectors(model, List.of("warm-up", "up")).get(1)).containsExactly(3, 7, 7);
      assertThat(((Prepared) outcomes.get(2)).tokens()).isEqualTo(1);
    }
  }

  private static void assertRejected(Preparation outcome, JobError error, String... parts) {
    assertThat(outcome).isInstanceOf(Rejected.class);
    assertThat(((Rejected) outcome).reason().error()).isEqualTo(error);
    assertThat(((Rejected) outcome).reason()).hasMessageContainingAll(parts);
  }
}
