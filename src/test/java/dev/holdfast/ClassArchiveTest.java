package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The archive of a program of two classes, made and judged by a real Java. */
@Timeout(120)
class ClassArchiveTest {

  private static final FileTime MARK = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));

  @TempDir Path directory;
  private Path jar;
  private Path libraries;
  private Path archive;

  /** Comes to an end. */
  static final class Brief {
    private Brief() {}

    public static void main(String[] args) {
      System.out.println("played");
    }
  }

  /** Comes to none. */
  static final class Endless {
    private Endless() {}

    public static void main(String[] args) throws InterruptedException {
      new CountDownLatch(1).await();
    }
  }

  @BeforeEach
  void build() throws IOException {
    jar = directory.resolve("program.jar");
    libraries = Files.createDirectory(directory.resolve("lib"));
    archive = directory.resolve("program.jsa");
    pack("first");
  }

  private void pack(String comment) throws IOException {
    try (JarOutputStream packed = new JarOutputStream(Files.newOutputStream(jar))) {
      packed.setComment(comment);
      for (Class<?> type : List.of(Brief.class, Endless.class)) {
        String name = type.getName().replace('.', '/') + ".class";
        packed.putNextEntry(new ZipEntry(name));
        try (InputStream compiled = type.getClassLoader().getResourceAsStream(name)) {
          Objects.requireNonNull(compiled).transferTo(packed);
        }
      }
    }
  }

  private Optional<String> make(String rehearsal, Duration within) throws Exception {
    return new ClassArchive(List.of(jar, libraries), archive).make(rehearsal, within);
  }

  private Optional<String> make() throws Exception {
    return make(Brief.class.getName(), ClassArchive.REHEARSAL_MAX);
  }

  /** What Java says that the class was loaded from. */
  private String source() throws Exception {
    Process java =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:SharedArchiveFile=" + archive,
                "-Xlog:class+load",
                "-cp",
                jar + File.pathSeparator + libraries + File.separator + "*",
                Brief.class.getName())
            .redirectErrorStream(true)
            .start();
    String said = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(java.waitFor()).as(said).isZero();
    return said.lines().filter(line -> line.contains(Brief.class.getName())).findFirst().orElse("");
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void isMadeOnceAndAgainForAnotherJar() throws Exception {
    assertThat(make()).isEmpty();
    assertThat(source()).contains("shared objects file (top)");
    assertThat(names()).containsExactly("lib", "program.jar", "program.jsa");

    Files.setLastModifiedTime(archive, MARK);
    assertThat(make()).isEmpty();
    assertThat(Files.getLastModifiedTime(archive)).as("it is good as it is").isEqualTo(MARK);

    pack("second, which is longer");
    assertThat(source()).as("it is of another jar").contains("program.jar");
    assertThat(make()).isEmpty();
    assertThat(Files.getLastModifiedTime(archive)).isNotEqualTo(MARK);
    assertThat(source()).contains("shared objects file (top)");
  }

  @Test
  void aLibraryMoreMakesItAnew() throws Exception {
    assertThat(make()).isEmpty();
    Files.setLastModifiedTime(archive, MARK);

    Files.copy(jar, libraries.resolve("another.jar"));

    assertThat(make()).isEmpty();
    assertThat(source()).contains("shared objects file (top)");
  }

  @Test
  void whatCannotBeRehearsedIsToldAndLeavesNoArchive() throws Exception {
    Files.writeString(archive, "damaged");

    Optional<String> problem = make("no.such.Program", ClassArchive.REHEARSAL_MAX);

    Path log = directory.resolve("program.jsa.log");
    assertThat(problem).contains("Java ended with 1, see " + log);
    assertThat(log).content().contains("no.such.Program");
    assertThat(names()).containsExactly("lib", "program.jar", "program.jsa.log");
    assertThat(make()).isEmpty();
    assertThat(names()).doesNotContain("program.jsa.log");
  }

  @Test
  void whatHangsIsEnded() throws Exception {
    Optional<String> problem = make(Endless.class.getName(), Duration.ofSeconds(1));

    assertThat(problem.orElseThrow()).startsWith("it was not made within PT1S, see ");
    assertThat(names()).doesNotContain("program.jsa", "program.jsa.new");
    assertThat(ProcessHandle.current().children())
        .noneMatch(child -> child.info().commandLine().orElse("").contains("Endless"));
  }

  @Test
  void aBuildGoesOnWhereThereIsNothingToRead() {
    assertThatCode(
            () ->
                ClassArchive.main(
                    new String[] {
                      directory.resolve("none.jar").toString(),
                      libraries.toString(),
                      archive.toString()
                    }))
        .doesNotThrowAnyException();
    assertThatCode(() -> new ClassArchive(List.of(directory.resolve("none.jar")), archive))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void aBuildGoesOnWhereNothingCanBeWritten() throws Exception {
    ClassArchive nowhere =
        new ClassArchive(List.of(jar, libraries), directory.resolve("none/program.jsa"));

    assertThat(nowhere.make(Brief.class.getName(), ClassArchive.REHEARSAL_MAX)).isPresent();
  }
}
