package dev.holdfast.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.tuning.Tuned.Settings;
import dev.holdfast.world.ScriptedEngine;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TuningFilesTest {

  private static final Instant LONG_AGO = Instant.parse("2020-01-01T00:00:00Z");
  private static final Instant FAR_AHEAD = Instant.parse("2120-01-01T00:00:00Z");

  @TempDir Path directory;

  private static String name(int number) {
    return TuningFiles.name("%064x".formatted(number));
  }

  private Path file(String name, Instant written) throws IOException {
    Path file = Files.writeString(directory.resolve(name), name);
    return Files.setLastModifiedTime(file, FileTime.from(written));
  }

  /** Files of ours, each a second younger than the one before. */
  private List<Path> measurements(int count, Instant first) throws IOException {
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      files.add(file(name(i), first.plusSeconds(i)));
    }
    return files;
  }

  private List<Path> left() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }

  private static TuningKey key() {
    return new TuningKey("digest", "4 processors", ScriptedEngine.spec(32, 512), 4);
  }

  private Path written() {
    TuningKey key = key();
    new TuningCache(directory)
        .write(key, new Settings(1, new BatchLimits(16, 1_024, Duration.ofMillis(4))));
    return directory.resolve(key.fileName());
  }

  @Test
  void aWriteKeepsTheNewestAndItself() throws Exception {
    List<Path> before = measurements(TuningFiles.KEPT_MAX + 10, LONG_AGO);

    Path written = written();

    assertThat(left())
        .hasSize(TuningFiles.KEPT_MAX)
        .containsAll(before.subList(11, before.size()))
        .contains(written);
  }

  @Test
  void asManyAsAreKeptStay() throws Exception {
    List<Path> before = measurements(TuningFiles.KEPT_MAX - 1, LONG_AGO);
    Path written = written();
    assertThat(left()).containsAll(before).contains(written).hasSize(TuningFiles.KEPT_MAX);

    assertThat(written()).isEqualTo(written);

    assertThat(left()).as("the same key again").hasSize(TuningFiles.KEPT_MAX);
  }

  @Test
  void whatWasJustWrittenStaysThoughTheClockWasPutBack() throws Exception {
    List<Path> before = measurements(TuningFiles.KEPT_MAX + 1, FAR_AHEAD);

    Path written = written();

    assertThat(left())
        .hasSize(TuningFiles.KEPT_MAX)
        .contains(written)
        .doesNotContain(before.get(1));
  }

  @Test
  void whatWasNeverFinishedGoesToo() throws Exception {
    Path unfinished = file("tuning-1234567890.tmp", LONG_AGO.minusSeconds(1));
    measurements(TuningFiles.KEPT_MAX - 1, LONG_AGO);

    written();

    assertThat(left()).hasSize(TuningFiles.KEPT_MAX).doesNotContain(unfinished);
  }

  @Test
  void nothingElseIsTouched() throws Exception {
    String ours = name(0);
    List<Path> others = new ArrayList<>();
    for (String name :
        List.of(
            "tuning.lock",
            "holdfast.db",
            ours + ".bak",
            ours + "\n",
            " " + ours,
            "-" + ours,
            ours.replace("json", "jsoN"),
            ours.replace('0', 'A'),
            ours.replace('0', 'g'),
            ours.replaceFirst("0", ""),
            ours.replaceFirst("0", "00"),
            ours.replaceFirst("\\.json", ""),
            "tuning-.json",
            "tuning-.tmp",
            "tuning-12x.tmp",
            "tuning-12.tmp.tmp",
            "tuning-%s*.json",
            "...")) {
      others.add(file(name, LONG_AGO.minusSeconds(1)));
    }
    Path folder = Files.createDirectory(directory.resolve(name(9_001)));
    others.add(Files.createFile(folder.resolve(name(0))));
    others.add(Files.createSymbolicLink(directory.resolve(name(9_002)), others.get(1)));
    others.add(Files.createSymbolicLink(directory.resolve(name(9_003)), Path.of("/nowhere")));
    measurements(TuningFiles.KEPT_MAX + 10, LONG_AGO);
    // a name that is no text
    Process touch =
        new ProcessBuilder("bash", "-c", "touch -d 2001-01-01 $'tuning-\\xff\\xfe.json'")
            .directory(directory.toFile())
            .start();
    assertThat(touch.waitFor()).isZero();
    int besides = left().size() - (TuningFiles.KEPT_MAX + 10);

    written();

    assertThat(others).allMatch(file -> Files.exists(file) || Files.isSymbolicLink(file));
    assertThat(left()).hasSize(TuningFiles.KEPT_MAX + besides);
  }

  @Test
  void whatCannotBeListedStaysAsItIs() throws Exception {
    Path file = file(name(0), LONG_AGO);
    assertThatCode(() -> TuningFiles.prune(file, file)).doesNotThrowAnyException();
    assertThatCode(() -> TuningFiles.prune(directory.resolve("none"), file))
        .doesNotThrowAnyException();
    assertThat(file).hasContent(name(0));
    measurements(TuningFiles.KEPT_MAX, LONG_AGO);
    // root may list it nevertheless
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("-wx------"));
    try {
      assertThat(written()).isRegularFile();
      assertThat(new TuningCache(directory).read(key())).isPresent();
    } finally {
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Test
  void aDirectoryThatBreaksWhileItIsListedIsAnError() throws Exception {
    List<Path> files = measurements(TuningFiles.KEPT_MAX + 5, LONG_AGO);
    Iterator<Path> listed = files.iterator();
    Iterable<Path> breaks =
        () ->
            new Iterator<>() {
              @Override
              public boolean hasNext() {
                return true;
              }

              @Override
              public Path next() {
                if (!listed.hasNext()) {
                  throw new DirectoryIteratorException(new AccessDeniedException("broken"));
                }
                return listed.next();
              }
            };

    assertThatThrownBy(() -> TuningFiles.prune(breaks, files.get(0)))
        .isInstanceOf(AccessDeniedException.class);

    assertThat(left()).as("what was seen by then is pruned").hasSize(TuningFiles.KEPT_MAX);
  }

  @Test
  void whatAnotherWorkerDeletesMeanwhileIsGoneAndNoError() throws Exception {
    List<Path> files = measurements(TuningFiles.KEPT_MAX * 2, LONG_AGO);
    Iterator<Path> listed = files.iterator();
    Iterable<Path> deleted =
        () ->
            new Iterator<>() {
              private int next;

              @Override
              public boolean hasNext() {
                return listed.hasNext();
              }

              @Override
              public Path next() {
                if (next == TuningFiles.KEPT_MAX - 1) {
                  files
                      .subList(0, next)
                      .forEach(file -> assertThat(file.toFile().delete()).isTrue());
                }
                next++;
                return listed.next();
              }
            };

    TuningFiles.prune(deleted, directory.resolve("another"));

    assertThat(left()).hasSize(TuningFiles.KEPT_MAX - 1).containsAll(files.subList(65, 128));
  }

  @Test
  void severalMayPruneAtOnce() throws Exception {
    int workers = 4;
    List<Path> files = measurements(1_000, LONG_AGO);
    CyclicBarrier together = new CyclicBarrier(workers);
    ExecutorService pool = Executors.newFixedThreadPool(workers);
    try {
      List<Future<?>> pruned = new ArrayList<>();
      IntStream.range(0, workers)
          .forEach(
              worker ->
                  pruned.add(
                      pool.submit(
                          () -> {
                            together.await(20, TimeUnit.SECONDS);
                            try (DirectoryStream<Path> found =
                                Files.newDirectoryStream(directory)) {
                              TuningFiles.prune(found, files.get(999));
                            }
                            return null;
                          })));
      for (Future<?> worker : pruned) {
        worker.get(20, TimeUnit.SECONDS);
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(left())
        .hasSize(TuningFiles.KEPT_MAX)
        .containsAll(files.subList(1_000 - TuningFiles.KEPT_MAX, 1_000));
  }
}
