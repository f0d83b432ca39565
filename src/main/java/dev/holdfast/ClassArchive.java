package dev.holdfast;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The classes that an API loads, as Java has read and checked them once, in a file beside the jar:
 * from there they load in half the time. Java takes such a file only with the very jars and the
 * very Java that it was made of, and starts without it otherwise, so an old one does no harm. The
 * build makes it; a build goes on where that cannot be done.
 */
public final class ClassArchive {

  /** Much longer than the slowest machine takes; a rehearsal that hangs must not hang a build. */
  static final Duration REHEARSAL_MAX = Duration.ofMinutes(2);

  private static final Duration LOOK_MAX = Duration.ofSeconds(20);

  private final String classpath;
  private final Path archive;

  /**
   * @param jars what the launcher has on its class path, in its order; a directory stands for all
   *     jars in it
   * @param archive its directory exists
   * @throws IOException if one of the jars is missing
   */
  ClassArchive(List<Path> jars, Path archive) throws IOException {
    List<String> entries = new ArrayList<>();
    for (Path jar : jars) {
      // as the launcher has it, since Java compares
      Path real = jar.toRealPath();
      entries.add(Files.isDirectory(real) ? real + File.separator + "*" : real.toString());
    }
    this.classpath = String.join(File.pathSeparator, entries);
    this.archive = archive.toAbsolutePath();
  }

  /**
   * Makes the archive if it is missing or out of date. Prints a line if it cannot be made, and
   * nothing otherwise.
   *
   * @param args the jar, the directory of the libraries, the archive
   */
  public static void main(String[] args) throws InterruptedException {
    if (args.length != 3) {
      throw new IllegalArgumentException("usage: ClassArchive JAR LIBRARIES ARCHIVE");
    }
    Optional<String> problem;
    try {
      List<Path> jars = List.of(Path.of(args[0]), Path.of(args[1]));
      problem =
          new ClassArchive(jars, Path.of(args[2])).make(Rehearsal.class.getName(), REHEARSAL_MAX);
    } catch (IOException e) {
      problem = Optional.of(e.toString());
    }
    problem.ifPresent(
        why -> System.out.println("holdfast: starts will take longer, without an archive: " + why));
  }

  /**
   * Makes it unless Java can use what is there. Blocks.
   *
   * @param rehearsal the class whose {@code main} loads what is to be kept
   * @return why there is none now, in one line
   */
  Optional<String> make(String rehearsal, Duration within) throws InterruptedException {
    Path fresh = archive.resolveSibling(archive.getFileName() + ".new");
    Path log = archive.resolveSibling(archive.getFileName() + ".log");
    try {
      Optional<String> problem = Optional.empty();
      if (!fits(archive, log)) {
        Files.deleteIfExists(archive);
        problem = remake(fresh, rehearsal, within, log);
        Files.deleteIfExists(fresh);
      }
      if (problem.isEmpty()) {
        Files.deleteIfExists(log);
      }
      return problem;
    } catch (IOException e) {
      return Optional.of(e.toString());
    }
  }

  private Optional<String> remake(Path fresh, String rehearsal, Duration within, Path log)
      throws IOException, InterruptedException {
    Optional<String> problem =
        run(List.of("-XX:ArchiveClassesAtExit=" + fresh), List.of(rehearsal), within, log);
    if (problem.isPresent()) {
      return problem;
    }
    if (!fits(fresh, log)) {
      return Optional.of("this Java does not take what it has made, see " + log);
    }
    Files.move(fresh, archive, StandardCopyOption.ATOMIC_MOVE);
    return Optional.empty();
  }

  private boolean fits(Path file, Path log) throws IOException, InterruptedException {
    return Files.isRegularFile(file)
        && run(
                List.of("-Xshare:on", "-XX:SharedArchiveFile=" + file),
                List.of("-version"),
                LOOK_MAX,
                log)
            .isEmpty();
  }

  /** Runs this Java with the launcher's heap and collector; what was wrong, if anything was. */
  private Optional<String> run(List<String> flags, List<String> what, Duration within, Path log)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(List.of("-Xmx384m", "-XX:+UseSerialGC", "-cp", classpath));
    command.addAll(what);
    Process java =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      java.getOutputStream().close();
      if (!java.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)) {
        return Optional.of("it was not made within %s, see %s".formatted(within, log));
      }
      return java.exitValue() == 0
          ? Optional.empty()
          : Optional.of("Java ended with %d, see %s".formatted(java.exitValue(), log));
    } finally {
      java.destroyForcibly().waitFor();
    }
  }
}
