package dev.holdfast.embedded;

import dev.holdfast.job.JobError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where objects' files lie: a key's segments are directories and a file name under the root. A key
 * cannot be an object and a directory of others at once, and a segment has at most the 255
 * characters of a file name. Never follows a symbolic link below the root. Every method blocks.
 */
final class ObjectTree {

  private static final Logger LOG = LoggerFactory.getLogger(ObjectTree.class);

  /** Not a lawful segment, so no object can be mistaken for an upload. */
  private static final String UPLOADS = "~uploads";

  /** How often what lies around a new object may be deleted by others while it is linked. */
  private static final int LINK_ATTEMPTS = 100;

  private final Path root;
  private final Path uploads;

  /** Creates the root if it is not there. */
  ObjectTree(Path directory) throws IOException {
    root = directory(directory);
    uploads = directory(root.resolve(UPLOADS));
    sync(root);
  }

  /** The real path of a directory, which is created if need be. */
  static Path directory(Path path) throws IOException {
    // createDirectories would refuse a symbolic link, which an operator may well use here
    return (Files.isDirectory(path) ? path : Files.createDirectories(path)).toRealPath();
  }

  Path root() {
    return root;
  }

  /** A file name for an object on its way. */
  Path newUpload(String token) {
    return uploads.resolve(token);
  }

  /** Deletes what crashed processes left. */
  void deleteUploadsBefore(Instant time) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(uploads)) {
      for (Path file : files) {
        if (Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toInstant().isBefore(time)) {
          Files.deleteIfExists(file);
          LOG.info("Deleted {}, an upload that was never finished.", file);
        }
      }
    }
  }

  /** The object's file, whether or not it exists. */
  Path file(String key) {
    return root.resolve(key);
  }

  /** Whether a symbolic link lies between the root and the file. */
  void refuseLinks(Path file) throws IOException {
    Path parent = parent(file);
    try {
      if (!Files.exists(parent) || parent.toRealPath().equals(parent)) {
        return;
      }
    } catch (NoSuchFileException e) {
      return;
    }
    throw JobError.INTERNAL.because(
        "%s is reached through a symbolic link, which the object store does not follow."
            .formatted(file));
  }

  /**
   * Makes a finished upload appear as the object and deletes it as an upload.
   *
   * <p>New directories are made durable after the link in them, from the innermost out: where all
   * of it is in one transaction of the file system, as on ext4, that costs one commit and not one a
   * directory. Nothing is promised before the outermost is.
   *
   * @return durable on return: false if the object was there
   */
  boolean link(Path upload, Path file) throws IOException {
    List<Path> changed = new ArrayList<>();
    changed.add(parent(file));
    boolean created = tryLink(upload, file, changed);
    Files.delete(upload);
    try {
      // also if it was there: whoever linked it may not have come so far yet
      for (Path directory : changed) {
        sync(directory);
      }
    } catch (NoSuchFileException e) {
      LOG.debug("{} was deleted as soon as it was there.", file, e);
    }
    return created;
  }

  private boolean tryLink(Path upload, Path file, List<Path> changed) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        if (!createDirectories(parent(file), changed)) {
          refuseLinks(file);
        }
        Files.createLink(file, upload);
        return true;
      } catch (NoSuchFileException e) {
        if (attempt == LINK_ATTEMPTS || !Files.exists(upload)) {
          throw e;
        }
      } catch (FileAlreadyExistsException e) {
        Path taken = Path.of(e.getFile());
        BasicFileAttributes there = look(taken);
        if (there != null && there.isRegularFile() && taken.equals(file)) {
          return false;
        }
        // a directory above the object is no obstacle: it was deleted as empty and is back
        boolean passable = there == null || (there.isDirectory() && !taken.equals(file));
        if (attempt == LINK_ATTEMPTS || !passable) {
          throw JobError.ILLEGAL_STATE.because(
              "%s is in the way: a key cannot be both an object and a directory of objects."
                  .formatted(e.getFile()));
        }
      }
    }
  }

  /** What is there at one moment, since two looks may see two things; null if nothing is. */
  private static @Nullable BasicFileAttributes look(Path path) throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (FileSystemException e) {
      // gone, or so is what was above it
      return null;
    }
  }

  /**
   * Creates what is missing and notes each directory that has a new name in it.
   *
   * @return whether {@code directory} was created by this call
   */
  private boolean createDirectories(Path directory, List<Path> changed) throws IOException {
    if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS) || directory.equals(root)) {
      return false;
    }
    boolean parentCreated = createDirectories(parent(directory), changed);
    if (!parentCreated) {
      refuseLinks(directory);
    }
    changed.add(1, parent(directory));
    try {
      Files.createDirectory(directory);
      return true;
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        throw e;
      }
      return false;
    }
  }

  private static void sync(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // some systems cannot open a directory; they have no such promise to give
      if (Files.getFileStore(directory).supportsFileAttributeView("posix")) {
        throw e;
      }
    }
  }

  /** What is done with each key of a walk; false ends the walk. */
  interface Visitor {
    boolean visit(String key, Path file) throws IOException;
  }

  /**
   * Visits the keys that begin with {@code prefix} and come after {@code after}, in their order.
   * Holds at most {@code batch} names of each directory at a time.
   */
  void walk(String prefix, @Nullable String after, int batch, Visitor visitor) throws IOException {
    String directory = prefix.substring(0, prefix.lastIndexOf('/') + 1);
    refuseLinks(root.resolve(directory + "any"));
    walk(directory, prefix, after == null ? "" : after, batch, visitor);
  }

  private boolean walk(String directory, String prefix, String after, int batch, Visitor visitor)
      throws IOException {
    String done = "";
    List<String> names;
    do {
      names = smallest(directory, prefix, after, done, batch);
      for (String name : names) {
        String path = directory + name;
        boolean more =
            name.endsWith("/")
                ? walk(path, prefix, after, batch, visitor)
                : visitor.visit(path, root.resolve(path));
        if (!more) {
          return false;
        }
        done = name;
      }
    } while (names.size() == batch);
    return true;
  }

  /** Names after {@code done}, a directory's with a slash at its end: so they sort as keys do. */
  private List<String> smallest(
      String directory, String prefix, String after, String done, int batch) throws IOException {
    PriorityQueue<String> names = new PriorityQueue<>(Comparator.reverseOrder());
    try (DirectoryStream<Path> files = Files.newDirectoryStream(root.resolve(directory))) {
      for (Path file : files) {
        String name = name(file);
        String path = directory + name;
        boolean wanted =
            name.compareTo(done) > 0
                && (path.startsWith(prefix) || (name.endsWith("/") && prefix.startsWith(path)))
                && (path.compareTo(after) > 0 || (name.endsWith("/") && after.startsWith(path)));
        if (wanted) {
          names.add(name);
          if (names.size() > batch) {
            names.remove();
          }
        }
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    }
    return names.stream().sorted().toList();
  }

  /** Empty, which sorts first and so is never wanted, for what cannot be part of a key. */
  private static String name(Path file) {
    String name = String.valueOf(file.getFileName());
    if (name.equals(UPLOADS)) {
      return "";
    }
    if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
      return name + "/";
    }
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? name : "";
  }

  /** Deletes an object and the directories that are empty without it. */
  boolean delete(Path file) throws IOException {
    boolean deleted = Files.deleteIfExists(file);
    for (Path directory = parent(file); !directory.equals(root); directory = parent(directory)) {
      try {
        Files.deleteIfExists(directory);
      } catch (DirectoryNotEmptyException e) {
        break;
      }
    }
    return deleted;
  }

  private static Path parent(Path file) {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IllegalArgumentException(file + " is not under a root");
    }
    return parent;
  }
}
