package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script at the top, run as people run it, on a tree that looks built. */
class LauncherTest {

  private static final int RUN_SECONDS_MAX = 60;

  @TempDir Path directory;

  private record Ran(int code, String output) {}

  /** A copy of the script beside what a build leaves, made of the classes under test. */
  private Path builtTree() throws IOException {
    Path home = Files.createDirectories(directory.resolve("home of it"));
    Path script = Files.copy(Path.of("holdfast"), home.resolve("holdfast"));
    assertThat(script.toFile().setExecutable(true)).isTrue();
    Path target = Files.createDirectories(home.resolve("target"));
    Files.createDirectories(target.resolve("lib"));
    Files.createDirectories(target.resolve("models/all-MiniLM-L6-v2"));
    Files.createDirectories(home.resolve("src/main"));
    Files.writeString(home.resolve("pom.xml"), "<project/>");
    Files.setLastModifiedTime(home.resolve("pom.xml"), FileTime.from(Instant.EPOCH));
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    StringBuilder classpath = new StringBuilder();
    for (String entry : System.getProperty("java.class.path").split(":", -1)) {
      classpath.append(Path.of(entry).toUri()).append(' ');
    }
    manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classpath.toString());
    try (JarOutputStream jar =
        new JarOutputStream(Files.newOutputStream(target.resolve("holdfast.jar")), manifest)) {
      jar.putNextEntry(new ZipEntry("empty"));
    }
    return script;
  }

  private Ran run(Path from, List<String> environment, String... command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(from.toFile());
    environment.forEach(pair -> builder.environment().put(name(pair), value(pair)));
    Process process = builder.redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(RUN_SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
    return new Ran(process.exitValue(), output);
  }

  private static String name(String pair) {
    return pair.substring(0, pair.indexOf('='));
  }

  private static String value(String pair) {
    return pair.substring(pair.indexOf('=') + 1);
  }

  @Test
  void runsThroughASymlinkFromAnotherDirectory() throws Exception {
    Path script = builtTree();
    Path bin = Files.createDirectories(directory.resolve("bin"));
    Path first = Files.createSymbolicLink(bin.resolve("first"), bin.relativize(script));
    Path second = Files.createSymbolicLink(directory.resolve("second"), first);

    Ran ran = run(bin, List.of(), second.toString(), "--version");

    assertThat(ran.output()).startsWith("holdfast ");
    assertThat(ran.code()).isZero();
    assertThat(run(bin, List.of(), "./first", "nonsense").code()).isEqualTo(2);
  }

  @Test
  void saysThatItBuildsAndThatMavenIsMissing() throws Exception {
    Path script = builtTree();
    Files.delete(script.resolveSibling("target/holdfast.jar"));
    Path bin = Files.createDirectories(directory.resolve("tools"));
    tools(bin);
    List<String> path = List.of("PATH=" + bin, "JAVA_HOME=" + System.getProperty("java.home"));

    Ran ran = run(directory, path, "/bin/sh", script.toString(), "--version");

    assertThat(ran.output()).contains("there is no mvn on the PATH", "3.8 or newer");
    assertThat(ran.code()).isEqualTo(2);
  }

  @Test
  void refusesAnOldMavenAndAMissingJava() throws Exception {
    Path script = builtTree();
    Files.delete(script.resolveSibling("target/holdfast.jar"));
    Path bin = Files.createDirectories(directory.resolve("old"));
    tools(bin);
    program(bin.resolve("mvn"), "echo 'Apache Maven 3.6.3 (x)'");
    String path = "PATH=" + bin;

    Ran old =
        run(
            directory,
            List.of(path, "JAVA_HOME=" + System.getProperty("java.home")),
            "/bin/sh",
            script.toString());
    Ran without = run(directory, List.of(path, "JAVA_HOME="), "/bin/sh", script.toString());

    assertThat(old.output()).contains("mvn is Maven 3.6; the build needs 3.8 or newer");
    assertThat(without.output()).contains("there is no java on the PATH");
    assertThat(without.code()).isEqualTo(2);
  }

  /** What every system has, and neither Java nor Maven. */
  private static void tools(Path bin) throws IOException {
    for (String tool : List.of("dirname", "sed", "head", "readlink")) {
      program(bin.resolve(tool), "exec %s \"$@\"".formatted(which(tool)));
    }
  }

  private static void program(Path file, String line) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + line + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private static Path which(String tool) {
    for (String folder : List.of("/bin", "/usr/bin")) {
      Path path = Path.of(folder, tool);
      if (Files.exists(path)) {
        return path;
      }
    }
    throw new AssertionError("no " + tool);
  }
}
