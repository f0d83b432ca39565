package dev.holdfast.shutdown;

import dev.holdfast.shutdown.EvictionNotice.Notice;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A path at which something appears. What is there when the first look is taken counts too: the
 * notice stands for as long as the file does. It is given again when the file went and came back.
 *
 * <p>It looks rather than being told, since mounts of a cluster and shared folders tell nobody.
 */
final class FileProbe implements Probe {

  private static final Duration BETWEEN = Duration.ofMillis(250);

  /** More than any first line that says something. */
  private static final int READ_BYTES_MAX = 256;

  private enum Seen {
    NOTHING,
    /** Whoever creates the file may be about to write into it, so it gets one more look. */
    EMPTY,
    TOLD
  }

  private final Vertx vertx;
  private final Path path;
  private Seen seen = Seen.NOTHING;

  FileProbe(Vertx vertx, Path path) {
    this.vertx = vertx;
    this.path = path;
  }

  @Override
  public String place() {
    return "The path " + path;
  }

  @Override
  public Future<Duration> look(Consumer<Notice> tell) {
    return vertx
        .executeBlocking(this::firstLine, false)
        .map(
            line -> {
              seen = next(line, tell);
              return BETWEEN;
            });
  }

  private Seen next(Optional<String> line, Consumer<Notice> tell) {
    if (line.isEmpty()) {
      return Seen.NOTHING;
    }
    if (seen == Seen.NOTHING && line.get().isEmpty()) {
      return Seen.EMPTY;
    }
    if (seen != Seen.TOLD) {
      tell.accept(new Notice("file", path + " is there", Deadline.parse(line.get()), true));
    }
    return Seen.TOLD;
  }

  /** Empty if there is nothing; an empty line if what is there is not a file to read. */
  private Optional<String> firstLine() throws IOException {
    if (!Files.exists(path)) {
      return Optional.empty();
    }
    if (!Files.isRegularFile(path)) {
      return Optional.of("");
    }
    try (InputStream bytes = Files.newInputStream(path)) {
      String text = new String(bytes.readNBytes(READ_BYTES_MAX), StandardCharsets.UTF_8);
      return Optional.of(text.lines().findFirst().orElse("").strip());
    }
  }
}
