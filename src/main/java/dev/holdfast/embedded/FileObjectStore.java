package dev.holdfast.embedded;

import dev.holdfast.adapter.BoundedThreads;
import dev.holdfast.adapter.CallerContext;
import dev.holdfast.adapter.ObjectKey;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobId;
import dev.holdfast.job.ObjectStore;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Objects as files. An object is written under another name, reaches the disk, and only then gets
 * its own name by a hard link, which fails if the name is taken: a crash leaves the whole object or
 * none. A read of a whole object verifies its checksum; a read of a range cannot.
 */
final class FileObjectStore implements ObjectStore, AutoCloseable {

  /** Uploads that may be open in one process; each holds a file open. */
  private static final int UPLOADS_MAX = 1_000;

  private static final Duration LEFTOVERS_KEPT = Duration.ofDays(1);
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  /** Names of a directory that a walk holds at a time. */
  private static final int WALK_BATCH = 1_000;

  private final ObjectTree tree;
  private final BoundedThreads threads;
  private final Set<FileUpload> uploads = ConcurrentHashMap.newKeySet();

  /** Blocks. */
  FileObjectStore(ObjectTree tree, BoundedThreads threads, Instant now) throws IOException {
    this.tree = tree;
    this.threads = threads;
    tree.deleteUploadsBefore(now.minus(LEFTOVERS_KEPT));
  }

  @Override
  public Future<Boolean> create(String key, Buffer content, Map<String, String> metadata) {
    return run(
        "create",
        key,
        () -> {
          check(key, metadata);
          Path file = tree.file(key);
          if (has(key)) {
            tree.refuseLinks(file);
            return false;
          }
          try (ObjectWriting writing = begin()) {
            writing.append(content.getBytes());
            writing.finish(metadata);
            return tree.link(writing.path(), file);
          }
        });
  }

  @Override
  public Future<Upload> upload(String key, Map<String, String> metadata) {
    return run(
        "upload",
        key,
        () -> {
          check(key, metadata);
          if (uploads.size() >= UPLOADS_MAX) {
            throw new JobException(
                JobError.UNAVAILABLE,
                "This process already has %d uploads open.".formatted(UPLOADS_MAX),
                RETRY_AFTER);
          }
          FileUpload upload = new FileUpload(this, key, Map.copyOf(metadata), begin());
          uploads.add(upload);
          return upload;
        });
  }

  private ObjectWriting begin() throws IOException {
    return new ObjectWriting(tree.newUpload(JobId.randomToken()));
  }

  private static void check(String key, Map<String, String> metadata) {
    ObjectKey.check(key);
    ObjectKey.checkMetadata(metadata);
  }

  /** Whether there is such an object; one call of the file system, on the caller's thread. */
  boolean has(String key) {
    return Files.isRegularFile(tree.file(key), LinkOption.NOFOLLOW_LINKS);
  }

  /** Runs on a file thread. */
  Info commit(FileUpload upload, ObjectWriting writing) throws IOException {
    writing.finish(upload.metadata());
    if (!tree.link(writing.path(), tree.file(upload.key()))) {
      throw JobError.ILLEGAL_STATE.because("The object " + upload.key() + " exists already.");
    }
    return new Info(upload.key(), writing.bytes(), upload.metadata());
  }

  void ended(FileUpload upload) {
    uploads.remove(upload);
  }

  @Override
  public Future<Optional<Info>> stat(String key) {
    return run(
        "stat",
        key,
        () -> {
          ObjectKey.check(key);
          return info(key);
        });
  }

  private Optional<Info> info(String key) throws IOException {
    Path file = tree.file(key);
    tree.refuseLinks(file);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    try (FileChannel channel = ObjectFile.open(file)) {
      ObjectFile.Footer footer = ObjectFile.readFooter(channel, key);
      return Optional.of(new Info(key, footer.bytes(), footer.metadata()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  @Override
  public Future<Buffer> read(String key, long from, int length) {
    return run(
        "read",
        key,
        () -> {
          ObjectKey.check(key);
          if (from < 0 || length < 0) {
            throw JobError.RANGE_NOT_SATISFIABLE.because("A range begins at 0 or after.");
          }
          Path file = tree.file(key);
          tree.refuseLinks(file);
          if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw notFound(key);
          }
          try (FileChannel channel = ObjectFile.open(file)) {
            return Buffer.buffer(content(channel, key, from, length));
          } catch (NoSuchFileException e) {
            throw notFound(key);
          }
        });
  }

  private static byte[] content(FileChannel channel, String key, long from, int length)
      throws IOException {
    ObjectFile.Footer footer = ObjectFile.readFooter(channel, key);
    int bytes = (int) Math.min(length, Math.max(0, footer.bytes() - from));
    byte[] content = ObjectFile.bytes(channel, from, bytes, key);
    if (from == 0 && bytes == footer.bytes()) {
      ObjectFile.verify(content, footer, key);
    }
    return content;
  }

  private static JobException notFound(String key) {
    return JobError.INPUT_NOT_FOUND.because("There is no object " + key + ".");
  }

  @Override
  public Future<List<Info>> list(String prefix, @Nullable String after, int limit) {
    return run(
        "list",
        prefix,
        () -> {
          ObjectKey.checkPrefix(prefix);
          List<Info> page = new ArrayList<>();
          if (limit > 0) {
            tree.walk(
                prefix,
                after,
                Math.min(limit, WALK_BATCH),
                (key, file) -> {
                  info(key).ifPresent(page::add);
                  return page.size() < limit;
                });
          }
          return page;
        });
  }

  @Override
  public Future<Boolean> delete(String key) {
    return run(
        "delete",
        key,
        () -> {
          ObjectKey.check(key);
          Path file = tree.file(key);
          tree.refuseLinks(file);
          return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && tree.delete(file);
        });
  }

  @Override
  public Future<Integer> deleteAll(String prefix) {
    return run(
        "delete",
        prefix,
        () -> {
          ObjectKey.checkPrefix(prefix);
          AtomicInteger deleted = new AtomicInteger();
          tree.walk(
              prefix,
              null,
              WALK_BATCH,
              (key, file) -> {
                if (tree.delete(file)) {
                  deleted.incrementAndGet();
                }
                return true;
              });
          return deleted.get();
        });
  }

  /**
   * Runs blocking work on a file thread.
   *
   * @return fails with an {@link IOException} that says what could not be done, where and why
   */
  <T> Future<T> run(String verb, String key, Callable<T> work) {
    return CallerContext.here(
        threads.submit(
            () -> {
              try {
                return work.call();
              } catch (IOException e) {
                throw new IOException(
                    "Cannot %s object %s under %s: %s".formatted(verb, key, tree.root(), e), e);
              }
            }));
  }

  /** Forgets the uploads that are under way; call it when the file threads have ended. */
  @Override
  public void close() throws IOException {
    for (FileUpload upload : uploads) {
      upload.discard();
    }
  }
}
