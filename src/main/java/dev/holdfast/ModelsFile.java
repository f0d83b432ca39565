package dev.holdfast;

import dev.holdfast.YamlTree.Entry;
import dev.holdfast.YamlTree.Mapping;
import dev.holdfast.YamlTree.Node;
import dev.holdfast.YamlTree.Scalar;
import dev.holdfast.YamlTree.Sequence;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.Precision;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The file that declares the models:
 *
 * <pre>{@code
 * models:
 *   - name: all-MiniLM-L6-v2
 *     location: models/all-MiniLM-L6-v2     # relative to this file
 *     kind: text-embedding                  # or tensor
 *     device: auto                          # cpu, gpu, gpu:N
 *     lanes: 4                              # batches at once, on each device
 *     precision: fp32                       # bf16, fp16
 *     batch: {items: 32, tokens: 512, delay: 5ms}   # or auto, or standard
 * }</pre>
 */
public final class ModelsFile {

  private static final int FILE_BYTES_MAX = 1 << 20;
  private static final int MODELS_MAX = 100;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final Pattern DEVICE = Pattern.compile("auto|cpu|gpu|gpu:[0-9]{1,2}");

  /** Where the driver of an NVIDIA GPU announces itself. */
  private static final Path GPU_DRIVER = Path.of("/dev/nvidiactl");

  private static final List<String> TOP_FIELDS = List.of("models");
  private static final List<String> MODEL_FIELDS =
      List.of("name", "location", "kind", "device", "lanes", "batch", PrecisionField.NAME);

  private final Path file;
  private final boolean gpuPresent;
  private final List<String> problems = new ArrayList<>();

  private ModelsFile(Path file, boolean gpuPresent) {
    this.file = file;
    this.gpuPresent = gpuPresent;
  }

  /**
   * Reads and checks the file; does not look whether the models are there. Blocks.
   *
   * @return at least one model, in the order of the file
   * @throws ConfigException with every problem there is and its place in the file
   */
  public static List<ModelSpec> read(Path file) throws ConfigException {
    return read(file, Files.exists(GPU_DRIVER));
  }

  /**
   * @param gpuPresent whether {@code auto} will come to mean a GPU: decides the standard batch
   */
  static List<ModelSpec> read(Path file, boolean gpuPresent) throws ConfigException {
    Path absolute = file.toAbsolutePath();
    ModelsFile reader = new ModelsFile(absolute, gpuPresent);
    List<ModelSpec> models = List.of();
    try {
      models = reader.models(YamlTree.read(text(absolute)));
    } catch (YamlTree.YamlException e) {
      reader.problems.add("%s: %s".formatted(absolute, e.getMessage()));
    }
    if (!reader.problems.isEmpty()) {
      throw new ConfigException(reader.problems);
    }
    return models;
  }

  private static String text(Path file) throws ConfigException {
    try {
      if (Files.size(file) > FILE_BYTES_MAX) {
        throw new ConfigException(
            List.of("%s: is longer than %d bytes".formatted(file, FILE_BYTES_MAX)));
      }
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new ConfigException(
          List.of(
              "%s: there is no such file; it declares the models, and %s names another"
                  .formatted(file, Setting.MODELS.key())));
    } catch (CharacterCodingException e) {
      throw new ConfigException(List.of("%s: is not UTF-8".formatted(file)));
    } catch (IOException e) {
      throw new ConfigException(List.of("%s: cannot be read: %s".formatted(file, e)));
    }
  }

  private List<ModelSpec> models(Node root) {
    List<ModelSpec> models = new ArrayList<>();
    if (!(root instanceof Mapping top)) {
      wrong(root, "the file must be a mapping with the field models");
      return models;
    }
    onlyFields(top, TOP_FIELDS, "the file");
    Node list = child(top, "models");
    if (!(list instanceof Sequence sequence)
        || sequence.items().isEmpty()
        || sequence.items().size() > MODELS_MAX) {
      wrong(list == null ? root : list, "models must list 1 to %d models".formatted(MODELS_MAX));
      return models;
    }
    Set<String> names = new HashSet<>();
    for (Node item : sequence.items()) {
      if (item instanceof Mapping fields) {
        model(fields, names).ifPresent(models::add);
      } else {
        wrong(item, "a model must be a mapping with name, location and kind");
      }
    }
    return models;
  }

  private Optional<ModelSpec> model(Mapping fields, Set<String> names) {
    onlyFields(fields, MODEL_FIELDS, "a model");
    String name = required(fields, "name");
    if (name != null && !NAME.matcher(name).matches()) {
      wrongField(fields, "name", "must be 1 to 64 letters, digits, dots, dashes or underscores");
    } else if (name != null && !names.add(name)) {
      wrongField(fields, "name", "is the name of another model in this file");
    }
    Path location = location(fields);
    String kindName = required(fields, "kind");
    Optional<ModelSpec.Kind> kind =
        kindName == null ? Optional.empty() : ModelSpec.Kind.ofWireName(kindName);
    if (kindName != null && kind.isEmpty()) {
      wrongField(fields, "kind", "must be text-embedding or tensor");
    }
    String device = optional(fields, "device").orElse("auto");
    if (!DEVICE.matcher(device).matches()) {
      wrongField(fields, "device", "must be auto, cpu, gpu or gpu:N");
    }
    BatchFields running = new BatchFields(this, fields);
    OptionalInt lanes = running.lanes();
    boolean gpu = device.startsWith("gpu") || (device.equals("auto") && gpuPresent);
    ModelSpec.Kind known = kind.orElse(ModelSpec.Kind.TEXT_EMBEDDING);
    ModelSpec.BatchLimits batch = running.batch(known, gpu);
    Set<ModelSpec.Choice> open = running.open(known);
    Precision precision = PrecisionField.read(fields, this::wrong);
    return name == null || location == null || kind.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new ModelSpec(name, location, kind.get(), device, batch, lanes, open, precision));
  }

  private @Nullable Path location(Mapping fields) {
    String text = required(fields, "location");
    if (text == null) {
      return null;
    }
    try {
      return file.resolveSibling(text).normalize();
    } catch (InvalidPathException e) {
      wrongField(fields, "location", "is not a path: " + e.getReason());
      return null;
    }
  }

  void onlyFields(Mapping mapping, List<String> allowed, String where) {
    mapping
        .fields()
        .forEach(
            (name, entry) -> {
              if (!allowed.contains(name)) {
                String hint = Nearest.hint(name, allowed);
                problem(
                    entry.line(),
                    entry.column(),
                    "%s has no field '%s'%s"
                        .formatted(
                            where,
                            Shown.of(name),
                            hint.isEmpty() ? "; allowed are " + String.join(", ", allowed) : hint));
              }
            });
  }

  private @Nullable String required(Mapping fields, String name) {
    if (!fields.fields().containsKey(name)) {
      wrong(fields, "a model must have a %s".formatted(name));
      return null;
    }
    return optional(fields, name).orElse(null);
  }

  Optional<String> optional(Mapping fields, String name) {
    Node node = child(fields, name);
    if (node == null) {
      return Optional.empty();
    }
    if (node instanceof Scalar scalar && !scalar.text().isBlank() && !isNull(scalar)) {
      return Optional.of(scalar.text());
    }
    wrong(node, "%s must be a single value".formatted(name));
    return Optional.empty();
  }

  private static boolean isNull(Scalar scalar) {
    return !scalar.isString() && scalar.text().matches("null|~");
  }

  static @Nullable Node child(Mapping fields, String name) {
    Entry entry = fields.fields().get(name);
    return entry == null ? null : entry.value();
  }

  void wrongField(Mapping fields, String name, String allowed) {
    if (child(fields, name) instanceof Scalar scalar) {
      wrong(scalar, "%s '%s' %s".formatted(name, Shown.of(scalar.text()), allowed));
    }
  }

  void wrong(Node node, String problem) {
    problem(node.line(), node.column(), problem);
  }

  private void problem(int line, int column, String problem) {
    problems.add("%s: line %d, column %d: %s".formatted(file, line, column, problem));
  }
}
