package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
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
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The script at the top, run as people run it, on a tree that looks built. */
@Timeout(180)
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

  @Test
  void aStartIsNeverHeldUpByAnArchiveThatIsMissing() throws Exception {
    Path script = builtTree();
    Path java = Files.createDirectories(directory.resolve("jdk/bin")).resolve("java");
    program(java, "echo \"$@\"");
    List<String> jdk = List.of("JAVA_HOME=" + directory.resolve("jdk"));

    Ran without = run(directory, jdk, script.toString(), "local");
    Path archive = Files.createFile(script.resolveSibling("target/holdfast.jsa"));
    Ran with = run(directory, jdk, script.toString(), "local");
    Ran client = run(directory, jdk, script.toString(), "jobs");

    assertThat(without.output().lines()).as("Java runs once").hasSize(1);
    assertThat(without.output()).endsWith(" dev.holdfast.Main local\n").doesNotContain("Archive");
    assertThat(with.output()).contains(" -XX:SharedArchiveFile=" + archive.toRealPath() + " ");
    assertThat(client.output()).endsWith(" dev.holdfast.Main jobs\n").doesNotContain("Archive");
  }

  @Test
  void anArchiveThatIsNotOfThisJavaIsDoneWithoutInSilence() throws Exception {
    Path script = builtTree();
    Files.writeString(
        script.resolveSibling("target/holdfast.jsa"), "of another Java\n".repeat(999));

    Ran ran = run(directory, List.of(), script.toString(), "api", "--help");

    assertThat(ran.output()).startsWith("Usage: holdfast api");
    assertThat(ran.code()).isZero();
  }

  @Test
  void aBuildThatChangesNothingIsNotRepeatedAndLeavesTheJarAsItIs() throws Exception {
    Path script = builtTree();
    Path jar = script.resolveSibling("target/holdfast.jar");
    Path pom = script.resolveSibling("pom.xml");
    FileTime made = FileTime.from(Instant.EPOCH.plusSeconds(60));
    Files.setLastModifiedTime(jar, made);
    Files.setLastModifiedTime(pom, FileTime.from(Instant.EPOCH.plusSeconds(120)));
    Path builds = directory.resolve("builds");
    Path bin = Files.createDirectories(directory.resolve("maven"));
    program(
        bin.resolve("mvn"),
        "[ \"$1\" = -v ] && echo 'Apache Maven 3.9.9 (x)' || echo \"$@\" >>'%s'".formatted(builds));
    List<String> path =
        List.of(
            "PATH=%s:%s".formatted(bin, System.getenv("PATH")),
            "JAVA_HOME=" + System.getProperty("java.home"));

    assertThat(run(directory, path, script.toString(), "--version").code()).isZero();
    assertThat(run(directory, path, script.toString(), "--version").code()).isZero();
    assertThat(builds).content().hasLineCount(1).contains("package");
    assertThat(Files.getLastModifiedTime(jar)).isEqualTo(made);

    Files.setLastModifiedTime(
        pom, FileTime.from(Files.getLastModifiedTime(builds).toInstant().plusSeconds(60)));
    assertThat(run(directory, path, script.toString(), "--version").code()).isZero();
    assertThat(builds).content().hasLineCount(2);
  }

  @Test
  void whoComesWhileAnotherBuildsWaitsForThatBuild() throws Exception {
    Path script = builtTree();
    Path jar = script.resolveSibling("target/holdfast.jar");
    Files.move(jar, directory.resolve("made.jar"));
    Path bin = Files.createDirectories(directory.resolve("slow"));
    Path begun = directory.resolve("begun");
    Path end = directory.resolve("end");
    assertThat(run(directory, List.of(), "mkfifo", begun.toString(), end.toString()).code())
        .isZero();
    program(
        bin.resolve("mvn"),
        """
        [ "$1" = -v ] && echo 'Apache Maven 3.9.9 (x)' && exit
        echo begun >'%s' && read -r end <'%s' && mv '%s/made.jar' '%s'"""
            .formatted(begun, end, directory, jar));
    ProcessBuilder start = new ProcessBuilder(script.toString(), "--version");
    start.environment().put("PATH", "%s:%s".formatted(bin, System.getenv("PATH")));
    start.environment().put("JAVA_HOME", System.getProperty("java.home"));
    start.redirectErrorStream(true);
    Process first = start.start();
    assertThat(Files.readString(begun)).isEqualTo("begun\n");

    Process second = start.start();
    BufferedReader said =
        new BufferedReader(new InputStreamReader(second.getInputStream(), StandardCharsets.UTF_8));
    assertThat(said.readLine()).isEqualTo("holdfast: another start is building; this one waits");
    Files.writeString(end, "now\n");

    assertThat(said.readLine()).as("no second build").startsWith("holdfast ");
    for (Process each : List.of(first, second)) {
      assertThat(each.waitFor(RUN_SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
      assertThat(each.exitValue()).isZero();
    }
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
