package dev.holdfast.djl;

import ai.djl.engine.Engine;
import dev.holdfast.worker.InferenceEngine.Hardware;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the machine calls its devices, as far as it tells. */
final class Machine {

  /** The processors, as Linux lists them; ARM gives numbers instead of names. */
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

  private static final Pattern PROCESSOR =
      Pattern.compile("^(?:model name|CPU (?:implementer|part|variant))\\s*:\\s*(.+)$");

  /** A directory for each GPU, by NVIDIA's driver. */
  private static final Path GPUS = Path.of("/proc/driver/nvidia/gpus");

  private static final Pattern GPU = Pattern.compile("^Model:\\s*(.+)$");

  private Machine() {}

  static Hardware describe(boolean gpu, int devices) {
    String name =
        gpu
            ? "%d of %s".formatted(devices, gpus(GPUS))
            : "%d processors, %s"
                .formatted(Runtime.getRuntime().availableProcessors(), processors(PROCESSORS));
    String engine = "PyTorch " + Engine.getEngine("PyTorch").getVersion();
    return new Hardware(name + ", " + System.getProperty("os.arch") + ", " + engine, devices);
  }

  static String processors(Path file) {
    return values(file, PROCESSOR);
  }

  static String gpus(Path directory) {
    try (Stream<Path> each = Files.list(directory)) {
      return joined(each.sorted().map(gpu -> values(gpu.resolve("information"), GPU)));
    } catch (IOException e) {
      return "unknown GPUs";
    }
  }

  /** What the lines that match say, each once. */
  private static String values(Path file, Pattern pattern) {
    try (Stream<String> lines = Files.lines(file)) {
      return joined(lines.map(pattern::matcher).filter(Matcher::matches).map(m -> m.group(1)));
    } catch (IOException | UncheckedIOException e) {
      return "unknown";
    }
  }

  private static String joined(Stream<String> values) {
    List<String> names = values.map(String::strip).distinct().toList();
    return names.isEmpty() ? "unknown" : String.join(" ", names);
  }
}
