package dev.holdfast.djl;

import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.Precision;
import dev.holdfast.worker.InferenceEngine.ModelLoadException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of a model directory that decide what the model answers.
 *
 * @param tokenizer null for a model that takes no text
 */
record ModelDirectory(
    Path directory, Path archive, @Nullable Path tokenizer, ServingProperties properties) {

  private static final String EXTENSION = ".pt";
  private static final String TOKENIZER = "tokenizer.json";
  private static final int READ_BYTES = 1 << 16;

  static ModelDirectory open(Path location, ModelSpec.Kind kind) throws ModelLoadException {
    Path directory = location.toAbsolutePath().normalize();
    if (!Files.isDirectory(directory)) {
      throw new ModelLoadException(
          directory + (Files.exists(directory) ? " is not a directory" : " does not exist"));
    }
    ServingProperties properties = ServingProperties.read(directory);
    Path archive = readable(findArchive(directory, properties));
    Path tokenizer =
        switch (kind) {
          case TEXT_EMBEDDING -> readable(directory.resolve(TOKENIZER));
          case TENSOR -> null;
        };
    return new ModelDirectory(directory, archive, tokenizer, properties);
  }

  private static Path findArchive(Path directory, ServingProperties properties)
      throws ModelLoadException {
    String named = properties.text("option.modelName");
    if (named != null) {
      return named(directory, named);
    }
    Path sameName = directory.resolve(directory.getFileName() + EXTENSION);
    if (Files.isRegularFile(sameName)) {
      return sameName;
    }
    List<String> archives = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      files
          .filter(Files::isRegularFile)
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(EXTENSION))
          .sorted()
          .forEach(archives::add);
    } catch (IOException e) {
      throw new ModelLoadException(directory + " cannot be listed: " + e, e);
    }
    List<String> all = List.copyOf(archives);
    archives.removeIf(name -> all.stream().anyMatch(other -> isReduced(name, other)));
    if (archives.isEmpty()) {
      throw new ModelLoadException(directory + " holds no TorchScript archive (*.pt)");
    }
    if (archives.size() > 1) {
      throw new ModelLoadException(
          "%s holds several archives (%s): name one as option.modelName in %s"
              .formatted(directory, String.join(", ", archives), ServingProperties.FILE));
    }
    return directory.resolve(archives.get(0));
  }

  /** Whether the archive is another one's form in fewer bits. */
  private static boolean isReduced(String name, String other) {
    return name.equals(reducedName(other, Precision.BF16))
        || name.equals(reducedName(other, Precision.FP16));
  }

  private static String reducedName(String name, Precision precision) {
    String stem =
        name.endsWith(EXTENSION) ? name.substring(0, name.length() - EXTENSION.length()) : name;
    return stem + "." + precision.wireName() + EXTENSION;
  }

  /**
   * The same model in fewer bits: of {@code model.pt} the archive {@code model.bf16.pt} or {@code
   * model.fp16.pt} beside it.
   *
   * @throws ModelLoadException if it has no such archive
   */
  ModelDirectory reduced(Precision precision) throws ModelLoadException {
    Path beside = archive.resolveSibling(reducedName(archive.getFileName().toString(), precision));
    if (!Files.isRegularFile(beside)) {
      throw new ModelLoadException(
          "precision %s needs the model in %s as %s, which does not exist"
              .formatted(precision.wireName(), precision.wireName(), beside));
    }
    return new ModelDirectory(directory, readable(beside), tokenizer, properties);
  }

  private static Path named(Path directory, String name) throws ModelLoadException {
    Path exact = directory.resolve(name).normalize();
    if (!exact.startsWith(directory)) {
      throw new ModelLoadException(
          directory.resolve(ServingProperties.FILE)
              + ": option.modelName="
              + name
              + " leaves the model directory");
    }
    Path withExtension = exact.resolveSibling(exact.getFileName() + EXTENSION);
    return Files.isRegularFile(exact) || name.endsWith(EXTENSION) ? exact : withExtension;
  }

  private static Path readable(Path file) throws ModelLoadException {
    if (!Files.isRegularFile(file)) {
      throw new ModelLoadException(file + " does not exist");
    }
    if (!Files.isReadable(file)) {
      throw new ModelLoadException(file + " is not readable");
    }
    return file;
  }

  /**
   * SHA-256 in lower-case hex over the archive, {@code serving.properties} if there is one and the
   * tokenizer if there is one, in the order of their names; of each its name in UTF-8, a zero byte,
   * its length as eight bytes, most significant first, and its content. Where the directory lies
   * and what else it holds does not matter.
   */
  String digest() throws ModelLoadException {
    Path settings = directory.resolve(ServingProperties.FILE);
    List<Path> files =
        Stream.of(Stream.of(archive), Stream.ofNullable(tokenizer), Stream.of(settings))
            .flatMap(stream -> stream)
            .filter(Files::isRegularFile)
            .sorted()
            .toList();
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      for (Path file : files) {
        update(sha256, file);
      }
      return HexFormat.of().formatHex(sha256.digest());
    } catch (IOException e) {
      throw new ModelLoadException(directory + " cannot be read: " + e, e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private void update(MessageDigest sha256, Path file) throws IOException {
    sha256.update(directory.relativize(file).toString().getBytes(StandardCharsets.UTF_8));
    sha256.update((byte) 0);
    sha256.update(ByteBuffer.allocate(Long.BYTES).putLong(Files.size(file)).array());
    byte[] buffer = new byte[READ_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        sha256.update(buffer, 0, read);
      }
    }
  }
}
