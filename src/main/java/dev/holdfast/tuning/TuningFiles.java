package dev.holdfast.tuning;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the files in a cache of measurements are named, and which of them are too many. A new model,
 * declaration, machine or engine has a file of its own, and nobody asks for the old one again.
 */
final class TuningFiles {

  /** Of a few hundred bytes each; a machine has a few models, each with a few declarations. */
  static final int KEPT_MAX = 64;

  static final String PREFIX = "tuning-";

  /** Of a file that is being written, between prefix and this a number of Java's. */
  static final String UNFINISHED = ".tmp";

  private static final String FINISHED = ".json";

  private static final Pattern OURS =
      Pattern.compile(
          Pattern.quote(PREFIX)
              + "(?:[0-9a-f]{64}"
              + Pattern.quote(FINISHED)
              + "|[0-9]+"
              + Pattern.quote(UNFINISHED)
              + ")");

  private static final Logger LOG = LoggerFactory.getLogger(TuningFiles.class);

  private record Dated(Path file, FileTime written) {}

  private TuningFiles() {}

  /**
   * @param sha256 in lower-case hex
   */
  static String name(String sha256) {
    return PREFIX + sha256 + FINISHED;
  }

  /**
   * Deletes all but the newest {@link #KEPT_MAX} files that workers have written in a directory,
   * whole or not, and touches nothing else. Where that cannot be done they stay, with a line in the
   * log. Several processes may do it at once. Blocks.
   *
   * @param latest stays in any case: a clock that was put back makes it look old
   */
  static void prune(Path directory, Path latest) {
    try (DirectoryStream<Path> found = Files.newDirectoryStream(directory)) {
      prune(found, latest);
    } catch (IOException e) {
      LOG.warn("not all old files in {} can be deleted: {}", directory, e.toString());
    }
  }

  /**
   * @param found of which only files of ours are looked at
   * @throws IOException the first of the failures, after everything that could be done was
   */
  static void prune(Iterable<Path> found, Path latest) throws IOException {
    PriorityQueue<Dated> newest =
        new PriorityQueue<>(
            Comparator.<Dated, FileTime>comparing(Dated::written).thenComparing(Dated::file));
    IOException failure = null;
    try {
      for (Path file : found) {
        try {
          if (isOurs(file) && !file.equals(latest)) {
            newest.add(new Dated(file, Files.getLastModifiedTime(file, NOFOLLOW_LINKS)));
          }
          if (newest.size() >= KEPT_MAX) {
            Files.deleteIfExists(newest.remove().file());
          }
        } catch (NoSuchFileException e) {
          LOG.debug("somebody else has deleted {}", file);
        } catch (IOException e) {
          failure = failure == null ? e : failure;
        }
      }
    } catch (DirectoryIteratorException e) {
      failure = failure == null ? e.getCause() : failure;
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static boolean isOurs(Path file) {
    return OURS.matcher(file.getFileName().toString()).matches()
        && Files.isRegularFile(file, NOFOLLOW_LINKS);
  }
}
