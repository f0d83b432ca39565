package dev.holdfast.djl;

import static dev.holdfast.djl.Engines.SHIPPED;
import static dev.holdfast.djl.Engines.cosine;
import static dev.holdfast.djl.Engines.vectors;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.ModelSpec.Kind;
import dev.holdfast.job.Precision;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.InferenceEngine.ModelLoadException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Models in fewer bits, on a CPU that is said to be made for them: any CPU computes them, only not
 * fast.
 */
class ReducedPrecisionTest {

  private static final Reference REFERENCE = Reference.read();

  @TempDir Path parent;
  private Path directory;

  @BeforeEach
  void copyTheTokenizer() throws IOException {
    directory = Files.createDirectories(parent.resolve("model"));
    Files.copy(SHIPPED.resolve("tokenizer.json"), directory.resolve("tokenizer.json"));
  }

  private ReducedPrecision cpuWith(String flags) throws IOException {
    Path cpuinfo = parent.resolve("cpuinfo");
    Files.writeString(cpuinfo, "processor\t: 0\nmodel name\t: amx\nflags\t\t: " + flags + "\n");
    return new ReducedPrecision(cpuinfo, gpu -> OptionalInt.empty());
  }

  private LoadedModel load(Path from, Precision precision) throws Exception {
    return Engines.load(from, precision, cpuWith("fpu amx_bf16 amx_fp16"));
  }

  /** Writes both archives, each as TorchScript that makes {@code out} of {@code counts}. */
  private void archives(String full, String reduced) throws IOException {
    archive(reduced);
    Files.move(
        directory.resolve("model.pt"),
        directory.resolve("model.bf16.pt"),
        StandardCopyOption.REPLACE_EXISTING);
    archive(full);
  }

  /** Two numbers a text, which padding does not change. */
  private void archive(String returned) throws IOException {
    TinyModels.write(
        directory,
        "ids: Tensor, mask: Tensor",
        "Tensor",
        """
            tokens = torch.to(torch.sum(mask, [1], True), 6)
            counts = torch.cat([tokens, torch.mul(tokens, 0.3)], 1)
            zero = torch.mul(counts, 0)
            return %s
        """
            .formatted(returned));
  }

  private void assertRefused(String... parts) {
    assertThatThrownBy(() -> load(directory, Precision.BF16).close())
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContainingAll(parts)
        .message()
        .doesNotContain("\n", "frame #");
  }

  @ParameterizedTest
  @CsvSource({"BF16, 0.9998", "FP16, 0.99999"})
  void theShippedModelAnswersAsInFp32(Precision precision, double least) throws Exception {
    List<float[]> full;
    String digest;
    try (LoadedModel model = Engines.load(SHIPPED, Kind.TEXT_EMBEDDING)) {
      full = vectors(model, REFERENCE.texts());
      digest = model.digest();
    }
    try (LoadedModel model = load(SHIPPED, precision)) {
      List<float[]> found = vectors(model, REFERENCE.texts());
      for (int i = 0; i < found.size(); i++) {
        assertThat(cosine(found.get(i), REFERENCE.vectors().get(i)))
            .as(REFERENCE.texts().get(i))
            .isGreaterThan(least);
        assertThat(found.get(i)).as("fewer bits leave a trace").isNotEqualTo(full.get(i));
      }
      assertThat(model.digest()).matches("[0-9a-f]{64}").isNotEqualTo(digest);
      assertThat(model.spec().precision()).isEqualTo(precision);
    }
  }

  /** A job that was begun in one precision is not gone on with in another: the digest tells. */
  @Test
  void everyPrecisionHasADigestOfItsOwn() throws Exception {
    archives("counts", "counts");
    Files.copy(directory.resolve("model.pt"), directory.resolve("model.fp16.pt"));
    Set<String> digests = new HashSet<>();
    for (Precision precision : Precision.values()) {
      try (LoadedModel model = load(directory, precision)) {
        digests.add(model.digest());
      }
    }
    assertThat(digests).hasSize(3);
  }

  @Test
  void whatLiesBesideItDoesNotChangeTheFp32Model() throws Exception {
    archive("counts");
    String alone = fp32Digest();
    archives("counts", "zero");
    assertThat(fp32Digest()).isEqualTo(alone);
  }

  private String fp32Digest() throws Exception {
    try (LoadedModel model = Engines.load(directory, Kind.TEXT_EMBEDDING)) {
      return model.digest();
    }
  }

  @Test
  void anArchiveMayAnswerInItsOwnPrecision() throws Exception {
    archives("counts", "torch.to(counts, 15)");
    try (LoadedModel model = load(directory, Precision.BF16)) {
      float[] vector = vectors(model, List.of("one two three")).get(0);
      assertThat(vector[1] / vector[0]).isBetween(0.298f, 0.302f);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          torch.neg(counts)       | the cosine similarity is -1.000000 for a text of
          torch.cat([tokens, torch.mul(tokens, 0.36)], 1) | the cosine similarity is 0.99853
          torch.cat([tokens, torch.mul(tokens, 0.36)], 1) | , the worst of 7; at least 0.999 is needed
          zero                    | a vector is 0.000 times as long
          torch.mul(counts, 1.05) | a vector is 1.050 times as long; at most 0.02 more or less is allowed
          torch.cat([counts, counts], 1) | its vectors have 4 numbers, not 2
          """)
  void whatAnswersOtherwiseIsRefused(String reduced, String reason) throws Exception {
    Files.writeString(directory.resolve("serving.properties"), "normalize=false\n");
    archives("counts", reduced);
    assertRefused("model.bf16.pt does not answer as", "model.pt does: ", reason, "leave precision");
  }

  @Test
  void whatCannotAnswerTheYardstickIsRefused() throws Exception {
    archives("counts", "torch.div(counts, torch.mul(torch.sub(tokens, 5), 0))");
    assertRefused("model.bf16.pt is loaded but cannot infer a short text", "in a vector");
    archives("counts", "torch.div(counts, torch.clamp(torch.sub(100, tokens), 0, 1))");
    assertRefused(
        "model.bf16.pt cannot infer what", "model.pt can: the model gives NaN in a vector");
  }

  /** Words lost from its vocabulary: PyTorch does not look at the checksums in an archive. */
  @Test
  void aDamagedArchiveIsRefused() throws Exception {
    for (String name : List.of("model.pt", "model.bf16.pt", "serving.properties")) {
      Files.copy(SHIPPED.resolve(name), directory.resolve(name));
    }
    try (RandomAccessFile file =
        new RandomAccessFile(directory.resolve("model.bf16.pt").toFile(), "rw")) {
      file.seek(500_000);
      file.write(new byte[10_000_000]);
    }
    assertRefused(
        "model.bf16.pt does not answer as", "the cosine similarity is", "0.999 is needed");
  }

  @Test
  void saysWhichArchiveIsMissing() throws Exception {
    archive("counts");
    assertRefused(
        "precision bf16 needs the model in bf16 as", "model.bf16.pt, which does not exist");
  }

  @ParameterizedTest
  @CsvSource({
    "BF16, fpu avx512f amx_fp16, amx_bf16",
    "BF16, fpu avx512f amx_fp16, avx512_bf16",
    "FP16, fpu avx512_fp16 amx_bf16, amx_fp16"
  })
  void aCpuThatIsNotMadeForItIsRefused(Precision precision, String flags, String needed)
      throws Exception {
    ReducedPrecision reduced = cpuWith(flags);
    assertThatThrownBy(() -> Engines.load(SHIPPED, precision, reduced).close())
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContainingAll(needed, "cpuinfo does not list", "leave precision out");
    ReducedPrecision silent =
        new ReducedPrecision(parent.resolve("none"), gpu -> OptionalInt.empty());
    assertThatThrownBy(() -> silent.require(precision, Device.cpu())).hasMessageContaining(needed);
    cpuWith("fpu " + needed).require(precision, Device.cpu());
  }

  @Test
  void aGpuIsJudgedByItsComputeCapability() throws Exception {
    assertThatThrownBy(() -> gpuOf(75).require(Precision.BF16, Device.gpu(1)))
        .isInstanceOf(ModelLoadException.class)
        .hasMessage(
            "precision bf16 needs a GPU of compute capability 8.0 or newer; gpu(1) has 7.5");
    gpuOf(75).require(Precision.FP16, Device.gpu(1));
    gpuOf(80).require(Precision.BF16, Device.gpu(1));
    gpuOf(120).require(Precision.BF16, Device.gpu(1));
    assertThatThrownBy(() -> gpuOf(61).require(Precision.FP16, Device.gpu(0)))
        .hasMessageContaining("capability 7.0 or newer");
    new ReducedPrecision(parent, gpu -> OptionalInt.empty()).require(Precision.BF16, Device.gpu(0));
  }

  private ReducedPrecision gpuOf(int capability) {
    return new ReducedPrecision(parent, gpu -> OptionalInt.of(capability));
  }

  @Test
  void aTensorModelHasNothingToCompareBy() throws Exception {
    TinyModels.doubling(directory);
    ModelSpec spec = Engines.declared(directory, Kind.TENSOR, Precision.FP16);
    assertThatThrownBy(() -> new DjlEngine().load(spec).close())
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("a tensor model does not say which inputs it takes");
  }
}
