package dev.holdfast.djl;

import dev.holdfast.worker.InferenceEngine.ModelLoadException;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The model directory's {@code serving.properties}, with DJL's keys; empty if there is none. */
final class ServingProperties {

  static final String FILE = "serving.properties";

  private static final long BYTES_MAX = 64 * 1024;
  private static final Pattern WHOLE_NUMBER = Pattern.compile("\\d{1,9}");

  private final Path file;
  private final Properties values;

  private ServingProperties(Path file, Properties values) {
    this.file = file;
    this.values = values;
  }

  static ServingProperties read(Path directory) throws ModelLoadException {
    Path file = directory.resolve(FILE);
    Properties values = new Properties();
    if (Files.exists(file)) {
      try {
        if (Files.size(file) > BYTES_MAX) {
          throw new ModelLoadException(file + " is larger than " + BYTES_MAX + " bytes");
        }
        try (Reader reader = Files.newBufferedReader(file)) {
          values.load(reader);
        }
      } catch (IOException | IllegalArgumentException e) {
        throw new ModelLoadException(file + " cannot be read: " + e.getMessage(), e);
      }
    }
    ServingProperties properties = new ServingProperties(file, values);
    properties.choice("engine", "PyTorch", "PyTorch");
    return properties;
  }

  @Nullable String text(String key) {
    String value = values.getProperty(key);
    return value == null || value.isBlank() ? null : value.strip();
  }

  boolean flag(String key, boolean byDefault) throws ModelLoadException {
    return choice(key, Boolean.toString(byDefault), "true", "false").equals("true");
  }

  String choice(String key, String byDefault, String... allowed) throws ModelLoadException {
    String value = text(key);
    if (value == null) {
      return byDefault;
    }
    if (!Arrays.asList(allowed).contains(value)) {
      throw wrong(key, value, "allowed: " + String.join(", ", allowed));
    }
    return value;
  }

  /** A whole number from {@code min} to {@code max}, or null if the key is absent. */
  @Nullable Integer number(String key, int min, int max) throws ModelLoadException {
    String value = text(key);
    if (value == null) {
      return null;
    }
    boolean isNumber = WHOLE_NUMBER.matcher(value).matches();
    if (!isNumber || Integer.parseInt(value) < min || Integer.parseInt(value) > max) {
      throw wrong(key, value, "allowed: whole numbers from " + min + " to " + max);
    }
    return Integer.valueOf(value);
  }

  /** A comma-separated list; empty if the key is absent. */
  List<String> names(String key) throws ModelLoadException {
    String value = text(key);
    if (value == null) {
      return List.of();
    }
    List<String> names = Arrays.stream(value.split(",", -1)).map(String::strip).toList();
    if (names.contains("") || names.stream().distinct().count() < names.size()) {
      throw wrong(key, value, "allowed: different names with commas between them");
    }
    return names;
  }

  /** Refuses a key that would change the model's answers and is not supported here. */
  void refuse(String key) throws ModelLoadException {
    String value = text(key);
    if (value != null) {
      throw wrong(key, value, "this key is not supported");
    }
  }

  private ModelLoadException wrong(String key, String value, String explanation) {
    return new ModelLoadException("%s: %s=%s; %s".formatted(file, key, value, explanation));
  }
}
