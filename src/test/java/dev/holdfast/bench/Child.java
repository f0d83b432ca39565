package dev.holdfast.bench;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A Java process that the benchmark starts, pins to a core and ends. */
final class Child implements AutoCloseable {

  private static final long END_SECONDS_MAX = 20;

  /** A thread that ends while it is to be moved fails the move. */
  private static final int PINS_MAX = 10;

  private final Process process;
  private final BufferedReader out;

  private Child(Process process) {
    this.process = process;
    this.out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Starts a main class on this process's class path.
   *
   * @param core the core to pin it to, or -1 for any
   * @param log where its standard error goes
   */
  static Child start(
      int core, Map<String, String> environment, Path log, List<String> flags, List<String> command)
      throws IOException {
    List<String> line = new ArrayList<>();
    if (core >= 0) {
      line.addAll(List.of("taskset", "-c", Integer.toString(core)));
    }
    line.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path")));
    line.addAll(flags);
    line.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.environment().putAll(environment);
    builder.environment().put("TOKENIZERS_PARALLELISM", "false");
    builder.environment().put("MALLOC_ARENA_MAX", "2");
    builder.environment().put("DJL_OFFLINE", "true");
    builder.environment().put("FIRESTORE_ENABLE_TRACING", "off");
    builder.redirectError(ProcessBuilder.Redirect.appendTo(new File(log.toString())));
    return new Child(builder.start());
  }

  /** Starts a verb by the launcher in the working directory, which becomes the Java process. */
  static Child launch(Map<String, String> environment, Path log, String... arguments)
      throws IOException {
    List<String> line = new ArrayList<>(List.of(Path.of("holdfast").toAbsolutePath().toString()));
    line.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.environment().putAll(environment);
    builder.redirectError(ProcessBuilder.Redirect.appendTo(new File(log.toString())));
    return new Child(builder.start());
  }

  /** Moves it to a core, with all of its threads and those that they start. */
  void pin(int core) throws IOException, InterruptedException {
    List<String> line =
        List.of("taskset", "-a", "-c", "-p", Integer.toString(core), Long.toString(process.pid()));
    for (int i = 0; i < PINS_MAX; i++) {
      ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
      if (builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0) {
        return;
      }
    }
    throw new IOException("process %d could not be moved to core %d".formatted(pid(), core));
  }

  /** SIGTERM, without waiting for what comes of it. */
  void tell() {
    process.destroy();
  }

  /** Writes a line to the process and reads the line it answers with. */
  String ask(String question) throws IOException {
    tell(question);
    return answer();
  }

  /** Writes a line to the process. */
  void tell(String line) throws IOException {
    process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
  }

  String answer() throws IOException {
    String line = out.readLine();
    if (line == null) {
      throw new IOException("the process ended with " + process.onExit().join().exitValue());
    }
    return line;
  }

  /** The next line that begins with {@code prefix}, without it; others are its log, and shown. */
  String answerAfter(String prefix) throws IOException {
    String line = answer();
    while (!line.startsWith(prefix)) {
      System.out.println(line);
      line = answer();
    }
    return line.substring(prefix.length());
  }

  long pid() {
    return process.pid();
  }

  boolean alive() {
    return process.isAlive();
  }

  /** Resident memory in MiB. */
  long residentMib() throws IOException {
    return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024)
        .findFirst()
        .orElse(0);
  }

  /** Processor time so far, in seconds: fields 14 and 15 of proc(5)'s stat, in hundredths. */
  double cpuSeconds() throws IOException {
    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
    List<String> fields =
        List.of(stat.substring(stat.lastIndexOf(')') + 2).stripTrailing().split(" ", -1));
    return (Long.parseLong(fields.get(11)) + Long.parseLong(fields.get(12))) / 100.0;
  }

  @Override
  public void close() {
    end();
  }

  /** Ends it in good order, or however it can. */
  void end() {
    process.destroy();
    try {
      if (!process.waitFor(END_SECONDS_MAX, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
