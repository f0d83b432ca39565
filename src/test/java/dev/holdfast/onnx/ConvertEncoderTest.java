package dev.holdfast.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertEncoderTest {

  private static final String ONNX_SHA256 =
      "759c3cd2b7fe7e93933ad23c4c9181b7396442a2ed746ec7c1d46192c469c46e";
  private static final String TOKENIZER_SHA256 =
      "da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0";

  /** Changes with the converter's output; then ConvertEncoder.REVISION must grow too. */
  private static final String ARCHIVE_SHA256 =
      "8044860e8514b4a7c39f89d30b353bfe567489cf9591dbc997684b3da5cc3a25";

  private final Path onnx = HiddenStates.source("all-minilm-l6-v2.onnx");
  private final Path tokenizer = HiddenStates.source("all-minilm-l6-v2-tokenizer.json");

  @TempDir Path directory;

  private boolean convert(Path target) throws IOException {
    return ConvertEncoder.convert(
        new ConvertEncoder.Input(onnx, ONNX_SHA256),
        new ConvertEncoder.Input(tokenizer, TOKENIZER_SHA256),
        target);
  }

  @Test
  void givesTheSameBytesEachTime() throws Exception {
    assertThat(convert(directory.resolve("first"))).isTrue();
    assertThat(sha256(directory.resolve("first/model.pt"))).isEqualTo(ARCHIVE_SHA256);
    Path built = Path.of(System.getProperty("holdfast.model"));
    String[] names = {
      "model.pt", "model.bf16.pt", "model.fp16.pt", "tokenizer.json", "serving.properties"
    };
    for (String name : names) {
      assertThat(Files.mismatch(directory.resolve("first").resolve(name), built.resolve(name)))
          .as(name)
          .isEqualTo(-1);
    }
  }

  @Test
  void leavesAnUpToDateDirectoryAlone() throws Exception {
    Path target = directory.resolve("model");
    convert(target);
    Path mark = Files.writeString(target.resolve("mark"), "still here");
    assertThat(convert(target)).isFalse();
    assertThat(mark).exists();

    Files.delete(target.resolve("serving.properties"));
    assertThat(convert(target)).isTrue();
    assertThat(target.resolve("serving.properties")).exists();
    assertThat(mark).doesNotExist();
  }

  @Test
  void refusesAnInputWithAnotherDigestAndLeavesNothingBehind() throws Exception {
    Path target = directory.resolve("model");
    Path other = Files.writeString(directory.resolve("other.onnx"), "not the one");
    assertThatThrownBy(
            () ->
                ConvertEncoder.main(
                    new String[] {
                      other.toString(),
                      ONNX_SHA256,
                      tokenizer.toString(),
                      TOKENIZER_SHA256,
                      target.toString()
                    }))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("other.onnx has the SHA-256")
        .hasMessageContaining(ONNX_SHA256);
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).containsExactly(other);
    }
  }

  @Test
  void saysWhatIsWrongWithABadOnnxFile() throws Exception {
    assertRefused("", "it holds no weights");
    assertRefused("just some text", "is not a readable ONNX model");
    // field 7 (the graph), 100 bytes long, of which none follow
    assertRefused(":d", "a value of 100 bytes in a message that has 0 left");
    // a graph with one initializer, which is named "x"
    assertRefused(":\u0005*\u0003B\u0001x", "no weight embeddings.word_embeddings");
  }

  @Test
  void refusesATruncatedModel() throws Exception {
    byte[] whole = Files.readAllBytes(onnx);
    Path half = Files.write(directory.resolve("half"), Arrays.copyOf(whole, 40_000_000));
    assertThatThrownBy(() -> SentenceEncoder.read(half))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("half is not a readable ONNX model");
  }

  private void assertRefused(String content, String reason) throws IOException {
    Path file = directory.resolve("bad.onnx");
    Files.write(file, content.getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> SentenceEncoder.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(reason);
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }

  private static String sha256(Path file) throws Exception {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
    return HexFormat.of().formatHex(digest);
  }
}
