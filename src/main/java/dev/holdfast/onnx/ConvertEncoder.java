package dev.holdfast.onnx;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Makes a model directory from an ONNX sentence encoder and its tokenizer: {@code model.pt}, the
 * same in fewer bits as {@code model.bf16.pt} and {@code model.fp16.pt}, {@code tokenizer.json} and
 * {@code serving.properties}. The build runs it; its output is the same bytes each time.
 *
 * <p>The directory appears whole or not at all. If it already holds what these inputs give, nothing
 * is read or written.
 */
public final class ConvertEncoder {

  /** Grows with every change of the output, so that directories made before are made again. */
  private static final int REVISION = 2;

  private static final Map<String, WeightType> ARCHIVES =
      Map.of(
          "model.pt", WeightType.FP32,
          "model.bf16.pt", WeightType.BF16,
          "model.fp16.pt", WeightType.FP16);

  private static final String TOKENIZER = "tokenizer.json";
  private static final String PROPERTIES = "serving.properties";

  /** Says what a directory was made from; not part of the model. */
  private static final String STAMP = ".converted";

  /**
   * Written for a forward that gives one vector a text (rank 2), already pooled and normalised: the
   * pooling named here is what the archive itself does. 256 tokens is the length that
   * sentence-transformers publishes for all-MiniLM-L6-v2; its tokenizer.json alone would cut at
   * 128.
   */
  private static final String SERVING_PROPERTIES =
      """
      # A sentence encoder. Its forward(input_ids, attention_mask) pools and normalises by itself:
      # it gives one vector a text (rank 2), so that pooling and normalize say what it has done.
      engine=PyTorch
      option.modelName=model
      option.mapLocation=true
      padding=true
      truncation=true
      maxLength=256
      includeTokenTypes=false
      pooling=mean
      normalize=true
      """;

  private ConvertEncoder() {}

  /**
   * @param args the ONNX file, its SHA-256 in hex, the tokenizer, its SHA-256, and the directory to
   *     make
   * @throws IOException if an input is not the expected file or cannot be converted, or the
   *     directory cannot be written
   */
  public static void main(String[] args) throws IOException {
    if (args.length != 5) {
      throw new IllegalArgumentException(
          "usage: ConvertEncoder ONNX SHA256 TOKENIZER SHA256 DIRECTORY");
    }
    Input onnx = new Input(Path.of(args[0]), args[1]);
    Input tokenizer = new Input(Path.of(args[2]), args[3]);
    convert(onnx, tokenizer, Path.of(args[4]).toAbsolutePath());
  }

  /**
   * @param sha256 what the file must be, in lower-case hex
   */
  record Input(Path file, String sha256) {

    private void verify() throws IOException {
      String actual = digest(file);
      if (!actual.equals(sha256)) {
        throw new IOException(file + " has the SHA-256 " + actual + "; expected " + sha256);
      }
    }
  }

  /** Returns whether anything was to be done. */
  static boolean convert(Input onnx, Input tokenizer, Path directory) throws IOException {
    String stamp = "revision %d\n%s\n%s\n".formatted(REVISION, onnx.sha256, tokenizer.sha256);
    if (isUpToDate(directory, stamp)) {
      return false;
    }
    onnx.verify();
    tokenizer.verify();
    Path fresh = directory.resolveSibling(directory.getFileName() + ".part");
    delete(fresh);
    Files.createDirectories(fresh);
    try {
      SentenceEncoder encoder = SentenceEncoder.read(onnx.file);
      for (Map.Entry<String, WeightType> archive : ARCHIVES.entrySet()) {
        encoder.write(fresh.resolve(archive.getKey()), archive.getValue());
      }
      Files.copy(tokenizer.file, fresh.resolve(TOKENIZER));
      Files.writeString(fresh.resolve(PROPERTIES), SERVING_PROPERTIES);
      Files.writeString(fresh.resolve(STAMP), stamp);
      delete(directory);
      Files.move(fresh, directory, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      delete(fresh);
    }
    return true;
  }

  private static boolean isUpToDate(Path directory, String stamp) throws IOException {
    Stream<String> others = Stream.of(TOKENIZER, PROPERTIES, STAMP);
    return Stream.concat(ARCHIVES.keySet().stream(), others)
            .allMatch(name -> Files.isRegularFile(directory.resolve(name)))
        && Files.readString(directory.resolve(STAMP)).equals(stamp);
  }

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }

  private static String digest(Path file) throws IOException {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), sha256)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(sha256.digest());
  }
}
