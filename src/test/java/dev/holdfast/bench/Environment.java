package dev.holdfast.bench;

import dev.holdfast.SystemClock;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** What was measured on, and how busy that was before. */
final class Environment {

  private static final Path CPU = Path.of("/proc/cpuinfo");
  private static final Path MEMORY = Path.of("/proc/meminfo");
  private static final String UNKNOWN = "unknown";

  private final Map<String, String> facts = new LinkedHashMap<>();

  private Environment() {}

  static Environment here() throws IOException, InterruptedException {
    Environment here = new Environment();
    try (SystemClock clock = new SystemClock()) {
      here.facts.put("begun", clock.instant().toString());
    }
    here.facts.put("processor", field(CPU, "model name"));
    here.facts.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
    here.facts.put("memory", field(MEMORY, "MemTotal"));
    here.facts.put(
        "system",
        "%s %s %s"
            .formatted(
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("os.arch")));
    here.facts.put("java", Runtime.version().toString());
    here.facts.put(
        "load average before",
        String.format(
            Locale.ROOT,
            "%.1f",
            ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage()));
    here.facts.put("commit", git("rev-parse", "--short", "HEAD"));
    here.facts.put("changed files", Long.toString(git("status", "--short").lines().count()));
    return here;
  }

  private static String field(Path file, String name) throws IOException {
    if (!Files.exists(file)) {
      return UNKNOWN;
    }
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(UNKNOWN);
    }
  }

  private static String git(String... arguments) throws IOException, InterruptedException {
    List<String> command = Stream.concat(Stream.of("git"), Stream.of(arguments)).toList();
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return process.waitFor() == 0 ? said : UNKNOWN;
    } catch (IOException e) {
      return UNKNOWN;
    }
  }

  List<String> csv() {
    return Stream.concat(
            Stream.of("what,value"),
            facts.entrySet().stream()
                .map(f -> "%s,\"%s\"".formatted(f.getKey(), f.getValue().replace("\"", "\"\""))))
        .toList();
  }

  /** All of it in one line. */
  String line() {
    return "%s, %s processors, %s, Java %s, load %s before, commit %s, %s"
        .formatted(
            facts.get("processor"),
            facts.get("processors"),
            facts.get("system"),
            facts.get("java"),
            facts.get("load average before"),
            facts.get("commit"),
            facts.get("begun"));
  }
}
