package dev.holdfast.djl;

import static dev.holdfast.djl.Engines.load;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.job.ModelSpec.Kind;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.InferenceEngine.ModelLoadException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a model directory holds, loading answers with a model or with a sentence. */
class ModelDirectoryTest {

  @TempDir Path parent;
  private Path directory;

  @BeforeEach
  void writeAModel() throws Exception {
    directory = TinyModels.doubling(parent.resolve("tiny"));
  }

  private void properties(String text) throws IOException {
    Files.writeString(directory.resolve("serving.properties"), text);
  }

  private void rename(String from, String to) throws IOException {
    Path target = directory.resolve(to);
    Files.createDirectories(target.resolveSibling("."));
    Files.move(directory.resolve(from), target, StandardCopyOption.REPLACE_EXISTING);
  }

  private void assertLoads() throws Exception {
    try (LoadedModel model = load(directory, Kind.TENSOR)) {
      assertThat(model.digest()).matches("[0-9a-f]{64}");
    }
  }

  private void assertRefused(Kind kind, String... parts) {
    assertThatThrownBy(() -> load(directory, kind).close())
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContainingAll(parts)
        .message()
        .doesNotContain("\n", "frame #");
  }

  @Test
  void findsTheArchiveAsDjlDoes() throws Exception {
    assertLoads();
    rename("model.pt", "tiny.pt");
    Files.writeString(directory.resolve("zzz.pt"), "not this one");
    assertLoads();
    rename("tiny.pt", "other.pt");
    properties("option.modelName=other\n");
    assertLoads();
    properties("option.modelName=other.pt\n");
    assertLoads();
    rename("other.pt", "inside/other.pt");
    properties("option.modelName=inside/other\n");
    assertLoads();
  }

  @Test
  void saysWhichArchivesItCannotChooseFrom() throws Exception {
    Files.copy(directory.resolve("model.pt"), directory.resolve("another.pt"));
    assertRefused(Kind.TENSOR, "several archives (another.pt, model.pt)", "option.modelName");
    rename("another.pt", "model.bf16.pt");
    Files.copy(directory.resolve("model.pt"), directory.resolve("model.fp16.pt"));
    assertLoads();
    rename("model.pt", "another.pt");
    assertRefused(Kind.TENSOR, "several archives (another.pt, model.bf16.pt, model.fp16.pt)");
  }

  @Test
  void saysWhatIsMissing() throws Exception {
    assertRefused(Kind.TEXT_EMBEDDING, "tokenizer.json does not exist");
    properties("option.modelName=other\n");
    assertRefused(Kind.TENSOR, "other.pt does not exist");
    properties("option.modelName=../tiny/model\n");
    assertLoads();
    properties("option.modelName=../../model\n");
    assertRefused(Kind.TENSOR, "option.modelName=../../model leaves the model directory");
    properties("");
    Files.delete(directory.resolve("model.pt"));
    assertRefused(Kind.TENSOR, "tiny holds no TorchScript archive (*.pt)");
    directory = parent.resolve("nowhere");
    assertRefused(Kind.TENSOR, "nowhere does not exist");
    directory = Files.writeString(parent.resolve("file"), "");
    assertRefused(Kind.TENSOR, "file is not a directory");
  }

  @Test
  void aCorruptArchiveIsAReason() throws Exception {
    Path archive = directory.resolve("model.pt");
    byte[] whole = Files.readAllBytes(archive);
    for (int length : new int[] {0, 10, whole.length / 2, whole.length - 1}) {
      Files.write(archive, Arrays.copyOf(whole, length));
      assertRefused(Kind.TENSOR, "model.pt", "archive");
    }
    Files.writeString(archive, "this is text, not an archive");
    assertRefused(Kind.TENSOR, "model.pt");
    TinyModels.write(directory, "x: Tensor", "Tensor", "    return y\n");
    assertRefused(Kind.TENSOR, "model.pt cannot be loaded", "undefined value y");
  }

  @Test
  void aCorruptTokenizerIsAReason() throws Exception {
    Files.writeString(directory.resolve("tokenizer.json"), "{\"padding\": ");
    assertRefused(Kind.TEXT_EMBEDDING, "tokenizer.json cannot be loaded as a tokenizer");
    Files.writeString(directory.resolve("tokenizer.json"), "{}");
    assertRefused(Kind.TEXT_EMBEDDING, "tokenizer.json cannot be loaded as a tokenizer");
  }

  @Test
  void aTextModelThatCannotInferIsRefused() throws Exception {
    Files.copy(Engines.SHIPPED.resolve("tokenizer.json"), directory.resolve("tokenizer.json"));
    assertRefused(
        Kind.TEXT_EMBEDDING, "model.pt is loaded but cannot infer a short text", "forward");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          engine=OnnxRuntime | allowed: PyTorch
          pooling=lasttoken  | allowed: mean, cls, max, mean_sqrt_len
          normalize=yes      | allowed: true, false
          truncation=maybe   | allowed: true, false, longest_first, only_first, do_not_truncate
          maxLength=-1       | allowed: whole numbers from 3 to 1048576
          maxLength=99999999999 | allowed: whole numbers from 3 to 1048576
          dense=layer.safetensors | this key is not supported
          """)
  void namesTheFileTheKeyAndTheAllowedValues(String line, String explanation) throws Exception {
    Files.copy(Engines.SHIPPED.resolve("tokenizer.json"), directory.resolve("tokenizer.json"));
    properties(line + "\n");
    assertRefused(Kind.TEXT_EMBEDDING, "serving.properties: " + line, explanation);
  }

  @ParameterizedTest
  @ValueSource(strings = {"outputs=a,,b", "outputs=a,a", "outputs=,"})
  void refusesUnusableOutputNames(String line) throws Exception {
    properties(line + "\n");
    assertRefused(Kind.TENSOR, line, "different names with commas between them");
  }

  @Test
  void refusesAnUnreadablePropertiesFile() throws Exception {
    properties("key=\\u00");
    assertRefused(Kind.TENSOR, "serving.properties cannot be read");
    properties("#".repeat(70_000));
    assertRefused(Kind.TENSOR, "serving.properties is larger than 65536 bytes");
  }

  @Test
  void theDigestIsThatOfTheServingFilesAlone() throws Exception {
    String digest = digest();
    assertThat(digest()).isEqualTo(digest);
    assertThat(digest).isEqualTo(documentedDigest("model.pt"));

    Files.writeString(directory.resolve("README.md"), "about this model");
    assertThat(digest()).isEqualTo(digest);
    properties("outputs=y\n");
    String withProperties = digest();
    assertThat(withProperties).isEqualTo(documentedDigest("model.pt", "serving.properties"));
    assertThat(withProperties).isNotEqualTo(digest);
    directory = Files.move(directory, parent.resolve("elsewhere"));
    assertThat(digest()).isEqualTo(withProperties);
    TinyModels.summing(directory);
    assertThat(digest()).isNotEqualTo(withProperties);
  }

  private String documentedDigest(String... names) throws Exception {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    for (String name : names) {
      byte[] content = Files.readAllBytes(directory.resolve(name));
      sha256.update(name.getBytes(StandardCharsets.UTF_8));
      sha256.update(ByteBuffer.allocate(9).put((byte) 0).putLong(content.length).array());
      sha256.update(content);
    }
    return HexFormat.of().formatHex(sha256.digest());
  }

  private String digest() throws Exception {
    try (LoadedModel model = load(directory, Kind.TENSOR)) {
      return model.digest();
    }
  }
}
