package dev.holdfast.embedded;

import dev.holdfast.adapter.BoundedThreads;
import dev.holdfast.adapter.CallerContext;
import dev.holdfast.job.ExternalInputs;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * Files under one root, by {@code file:} URI or absolute path. Whatever a path says, the real file
 * behind it must lie under the real root. A file's revision is its size, the time of its last
 * change in nanoseconds, and its own number in the file system.
 */
final class FileExternalInputs implements ExternalInputs {

  private static final String SCHEME = "file:";

  /** A URI longer than this is no path. */
  private static final int URI_CHARS_MAX = 8_192;

  private final Optional<Root> root;
  private final BoundedThreads threads;

  /** Blocks. */
  FileExternalInputs(Optional<Path> inputRoot, BoundedThreads threads) throws IOException {
    this.threads = threads;
    if (inputRoot.isEmpty()) {
      this.root = Optional.empty();
      return;
    }
    Path given = inputRoot.get().toAbsolutePath().normalize();
    if (!Files.isDirectory(given)) {
      throw new IOException(
          "HOLDFAST_INPUT_ROOT is %s, which is not a directory.".formatted(given));
    }
    this.root = Optional.of(new Root(given, given.toRealPath()));
  }

  private record Root(Path given, Path real) {}

  private record Found(Path file, Info info) {}

  @Override
  public Future<Info> stat(String uri) {
    return run(uri, () -> find(uri).info());
  }

  @Override
  public Future<Buffer> read(String uri, String revision, long from, int length) {
    return run(
        uri,
        () -> {
          if (from < 0 || length < 0) {
            throw JobError.RANGE_NOT_SATISFIABLE.because("A range begins at 0 or after.");
          }
          Found found = find(uri);
          requireRevision(found, revision);
          Buffer content = read(found, from, length);
          // it may have changed while it was read
          requireRevision(find(uri), revision);
          return content;
        });
  }

  private static void requireRevision(Found found, String revision) {
    if (!found.info().revision().equals(revision)) {
      throw JobError.INPUT_CHANGED.because(
          "The input %s has changed since the job was submitted.".formatted(found.info().uri()));
    }
  }

  private static Buffer read(Found found, long from, int length) throws IOException {
    int bytes = (int) Math.min(length, Math.max(0, found.info().bytes() - from));
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    try (FileChannel channel = FileChannel.open(found.file(), StandardOpenOption.READ)) {
      ChannelBytes.read(channel, buffer, from);
    }
    return Buffer.buffer(Arrays.copyOf(buffer.array(), buffer.position()));
  }

  private Found find(String uri) throws IOException {
    Root allowed =
        root.orElseThrow(
            () ->
                JobError.INPUT_OUTSIDE_ROOT.because(
                    "No input root is configured; HOLDFAST_INPUT_ROOT names the directory whose files may be used."));
    Path path = path(uri);
    if (!path.startsWith(allowed.given()) && !path.startsWith(allowed.real())) {
      throw outside(allowed);
    }
    try {
      Path real = path.toRealPath();
      if (!real.startsWith(allowed.real())) {
        throw outside(allowed);
      }
      BasicFileAttributes attributes = Files.readAttributes(real, BasicFileAttributes.class);
      if (!attributes.isRegularFile()) {
        throw JobError.INPUT_UNREADABLE.because("The input is not a file: " + path);
      }
      if (!Files.isReadable(real)) {
        throw JobError.INPUT_UNREADABLE.because("Holdfast may not read the input " + path);
      }
      Instant changed = attributes.lastModifiedTime().toInstant();
      String revision =
          "%d-%d.%09d-%s"
              .formatted(
                  attributes.size(),
                  changed.getEpochSecond(),
                  changed.getNano(),
                  attributes.fileKey());
      return new Found(real, new Info(real.toUri().toString(), attributes.size(), revision));
    } catch (NoSuchFileException e) {
      throw JobError.INPUT_NOT_FOUND.because("There is no input " + path);
    }
  }

  private static JobException outside(Root allowed) {
    return JobError.INPUT_OUTSIDE_ROOT.because(
        "The input lies outside %s, the only directory whose files may be used."
            .formatted(allowed.given()));
  }

  private static Path path(String uri) {
    if (uri.length() > URI_CHARS_MAX) {
      throw JobError.INPUT_OUTSIDE_ROOT.because(
          "An input's URI has at most " + URI_CHARS_MAX + " characters.");
    }
    try {
      if (uri.startsWith(SCHEME)) {
        return Path.of(new URI(uri)).normalize();
      }
      if (uri.startsWith("/")) {
        return Path.of(uri).normalize();
      }
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw JobError.INPUT_OUTSIDE_ROOT.because("The input is no file: URI: " + e.getMessage());
    }
    throw JobError.INPUT_OUTSIDE_ROOT.because(
        "An input is a file: URI or an absolute path, such as file:///data/in.jsonl.");
  }

  private <T> Future<T> run(String uri, Callable<T> work) {
    return CallerContext.here(
        threads.submit(
            () -> {
              try {
                return work.call();
              } catch (IOException e) {
                throw JobError.INPUT_UNREADABLE.because(
                    "The input %s cannot be read: %s".formatted(uri, e));
              }
            }));
  }
}
