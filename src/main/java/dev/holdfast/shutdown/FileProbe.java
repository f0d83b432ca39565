package dev.holdfast.shutdown;

import dev.holdfast.shutdown.EvictionNotice.Notice;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A path at which something appears. What is there when the first look is taken counts too: the
 * notice stands for as long as the file does. It is given again when the file went and came back.
 *
 * <p>It looks rather than being told, since mounts of a cluster and shared folders tell nobody; and
 * on a thread of its own, since a mount whose server is gone lets whoever looks hang, for hours if
 * need be, and would silence every other source with it.
 */
final class FileProbe implements Probe {

  private static final Logger LOG = LoggerFactory.getLogger(FileProbe.class);

  private static final Duration BETWEEN = Duration.ofMillis(250);

  /** A look that takes longer is no look. */
  private static final Duration LOOK_MAX = Duration.ofSeconds(5);

  /** More than any first line that says something. */
  private static final int READ_BYTES_MAX = 256;

  private enum Seen {
    NOTHING,
    /** Whoever creates the file may be about to write into it, so it gets one more look. */
    EMPTY,
    TOLD
  }

  /** Reads what there is; may hang. */
  interface Reading {
    /**
     * Empty if there is nothing; an empty line if what is there is not a file to read.
     *
     * @throws IOException if nobody can tell
     */
    Optional<String> firstLine(Path path) throws IOException;
  }

  private final Clockwork clockwork;
  private final Path path;
  private final Reading reading;
  private final ExecutorService thread;
  private Seen seen = Seen.NOTHING;
  private boolean looking;

  FileProbe(Clockwork clockwork, Path path) {
    this(clockwork, path, FileProbe::firstLine);
  }

  FileProbe(Clockwork clockwork, Path path, Reading reading) {
    this.clockwork = clockwork;
    this.path = path;
    this.reading = reading;
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread made = new Thread(task, "holdfast-notice-file");
              made.setDaemon(true);
              return made;
            });
  }

  @Override
  public String place() {
    return "The path " + path;
  }

  @Override
  public Future<Duration> look(Consumer<Notice> tell) {
    if (looking) {
      return Future.failedFuture("an earlier look has not come back");
    }
    looking = true;
    Context context = clockwork.vertx().getOrCreateContext();
    Promise<Optional<String>> look = Promise.promise();
    thread.execute(() -> read(context, look));
    Runnable stopWaiting =
        clockwork
            .limits()
            .after(
                LOOK_MAX,
                () ->
                    context.runOnContext(
                        due ->
                            look.tryFail(
                                "no look comes back within " + LOOK_MAX.toSeconds() + " s")));
    return look.future()
        .onComplete(looked -> stopWaiting.run())
        .map(
            line -> {
              seen = next(line, tell);
              return BETWEEN;
            });
  }

  private void read(Context context, Promise<Optional<String>> look) {
    Future<Optional<String>> read;
    try {
      read = Future.succeededFuture(reading.firstLine(path));
    } catch (IOException | RuntimeException e) {
      read = Future.failedFuture(e);
    }
    Future<Optional<String>> came = read;
    try {
      context.runOnContext(
          back -> {
            looking = false;
            if (came.succeeded()) {
              look.tryComplete(came.result());
            } else {
              look.tryFail(came.cause());
            }
          });
    } catch (RuntimeException e) {
      LOG.debug("Vert.x is closed.", e);
    }
  }

  /** Looks no more; a look that hangs is left to itself. */
  Future<Void> close() {
    thread.shutdownNow();
    return Future.succeededFuture();
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

  private static Optional<String> firstLine(Path path) throws IOException {
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
