package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobId;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of this machine where parts wait until they are in the object store: their memory is
 * free, and a process that dies there and starts again finds what it had inferred. Nothing depends
 * on it: a part that cannot be kept stays in memory, and one that is gone is inferred again. While
 * the disk owes the answer to a call for longer than it may take, it is done without.
 *
 * <p>Several workers may share a directory. Each file has a name of its own, nobody changes one,
 * and what is deleted is what its own worker has done with, what is damaged, and what no attempt
 * can need any more. A file is on the disk before it has its name; the name itself may be lost with
 * the machine, as may the disk.
 *
 * <p>Thread-safe. Files are touched on one thread of its own; futures complete there or on the
 * clock's.
 */
final class PartScratch implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PartScratch.class);

  /** What all files together may have. Workers that share a directory may exceed it for a while. */
  static final long BYTES_MAX = 1L << 30;

  /** Older files are nobody's. */
  private static final Duration KEPT = Duration.ofDays(1);

  /** Files that are looked at in one sweep. */
  private static final int SWEEP_MAX = 1_000;

  private static final String SUFFIX = ".part";
  private static final String UNFINISHED = ".tmp";
  private static final String ALL = "job_*{" + SUFFIX + "," + SUFFIX + UNFINISHED + "}";

  /** A part on the disk. */
  record Kept(Path file, long bytes) {}

  /** A part that this process has no attempt for. */
  record Orphan(Kept kept, JobId job, long firstItem) {}

  private final Path directory;
  private final long bytesMax;
  private final Clocked clock;
  private final Set<Path> live = ConcurrentHashMap.newKeySet();
  final ScratchThread thread;
  private volatile boolean troubled;

  PartScratch(Path directory, Clocked clock) {
    this(directory, BYTES_MAX, clock);
  }

  PartScratch(Path directory, long bytesMax, Clocked clock) {
    this.directory = directory;
    this.bytesMax = bytesMax;
    this.clock = clock;
    this.thread = new ScratchThread(clock);
  }

  /**
   * Writes a span's part.
   *
   * @return empty if it could not be kept; never fails
   */
  Future<Optional<Kept>> keep(JobId job, Span span, String key, Map<String, String> metadata) {
    return thread
        .soon(
            () -> {
              Files.createDirectories(directory);
              String name =
                  "%s.%012d.%s%s"
                      .formatted(job, span.from().nextItem(), JobId.randomToken(), SUFFIX);
              Path file = directory.resolve(name);
              long room = Math.min(bytesMax - used(), ScratchFile.ROWS_MAX);
              if (span.bytes() > room) {
                throw new IOException(
                    "there is room for %d bytes and not for %d".formatted(room, span.bytes()));
              }
              live.add(file);
              return Optional.of(write(file, new ScratchFile(key, metadata, span.content())));
            },
            late -> late.ifPresent(this::delete))
        .onSuccess(kept -> troubled = false)
        .recover(
            why -> {
              if (!troubled) {
                troubled = true;
                LOG.warn(
                    "parts cannot be kept in {} and stay in memory for now: {}",
                    directory,
                    why.toString());
              }
              return Future.succeededFuture(Optional.empty());
            });
  }

  private Kept write(Path file, ScratchFile content) throws IOException {
    Path unfinished = directory.resolve(file.getFileName() + UNFINISHED);
    try {
      long bytes = content.write(unfinished);
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
      return new Kept(file, bytes);
    } catch (IOException | RuntimeException e) {
      live.remove(file);
      Files.deleteIfExists(unfinished);
      throw e;
    }
  }

  /** What a file holds; empty if it is gone or damaged, or the disk hangs. */
  Future<Optional<ScratchFile>> read(Kept kept) {
    return thread
        .soon(() -> Optional.ofNullable(content(kept.file())), late -> {})
        .recover(
            why ->
                why instanceof TimeoutException
                    ? Future.succeededFuture(Optional.empty())
                    : Future.failedFuture(why));
  }

  private @Nullable ScratchFile content(Path file) throws IOException {
    try {
      ScratchFile content = ScratchFile.read(file);
      if (content == null) {
        LOG.warn("the part {} is damaged and deleted; its rows are inferred again", file);
        Files.deleteIfExists(file);
      }
      return content;
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** A part and where it lies. */
  record Found(Kept kept, ScratchFile content) {}

  /** Looks for a part of a key, whoever left it; fails if the directory cannot be read in time. */
  Future<Optional<Found>> find(JobId job, long firstItem, String key, String modelDigest) {
    return thread.soon(
        () -> {
          for (Path file : files("%s.%012d.*%s".formatted(job, firstItem, SUFFIX))) {
            ScratchFile content = content(file);
            if (content != null && content.key().equals(key) && content.isOf(modelDigest)) {
              return Optional.of(new Found(new Kept(file, Files.size(file)), content));
            }
          }
          return Optional.empty();
        },
        late -> {});
  }

  /** The part is in the object store, or nobody wants it: deletes it. */
  void delete(Kept kept) {
    thread
        .run(
            () -> {
              Files.deleteIfExists(kept.file());
              live.remove(kept.file());
              return true;
            })
        .onFailure(e -> LOG.debug("a sweep will delete {}: {}", kept.file(), e.toString()));
  }

  /** The attempt has ended without the part: it waits for the job's next one on this machine. */
  void leave(Kept kept) {
    live.remove(kept.file());
  }

  /** Deletes what is too old, and lists what may be nobody's. */
  Future<List<Orphan>> sweep() {
    return thread.run(
        () -> {
          Instant old = clock.instant().minus(KEPT);
          List<Orphan> orphans = new ArrayList<>();
          for (Path file : files(ALL)) {
            if (live.contains(file) || orphans.size() >= SWEEP_MAX) {
              continue;
            }
            if (Files.getLastModifiedTime(file).toInstant().isBefore(old)) {
              Files.deleteIfExists(file);
            } else {
              orphan(file).ifPresent(orphans::add);
            }
          }
          return orphans;
        });
  }

  private static Optional<Orphan> orphan(Path file) throws IOException {
    String[] name = file.getFileName().toString().split("\\.", -1);
    if (name.length != 4 || !name[1].matches("[0-9]{12,18}")) {
      return Optional.empty();
    }
    return JobId.parse(name[0])
        .map(job -> new Orphan(new Kept(file, 0), job, Long.parseLong(name[1])));
  }

  private long used() throws IOException {
    long used = 0;
    for (Path file : files(ALL)) {
      try {
        used += Files.size(file);
      } catch (NoSuchFileException e) {
        // another worker has done with it
      }
    }
    return used;
  }

  private List<Path> files(String glob) throws IOException {
    List<Path> files = new ArrayList<>();
    if (Files.isDirectory(directory)) {
      try (DirectoryStream<Path> all = Files.newDirectoryStream(directory, glob)) {
        all.forEach(files::add);
      }
    }
    return files;
  }

  /** Takes no more; what is on its way to the disk is left to itself. */
  @Override
  public void close() {
    thread.close();
  }
}
