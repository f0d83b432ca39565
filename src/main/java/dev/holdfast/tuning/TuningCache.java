package dev.holdfast.tuning;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.job.ModelSpec.Choice;
import dev.holdfast.tuning.Tuned.Settings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was measured, a file for each key, the newest {@link TuningFiles#KEPT_MAX} of them. A file
 * is written whole or not at all; one that is damaged or somebody else's is as good as none. The
 * workers of a machine take turns to measure, since two at once would measure each other. Nothing
 * here fails: without the directory every worker measures for itself. Thread-safe.
 */
public final class TuningCache {

  /** How many measurements of others a worker waits for, and how much longer. */
  private static final int OTHERS_MAX = 4;

  private static final Duration OTHERS_LONGER = Duration.ofMinutes(1);
  private static final Logger LOG = LoggerFactory.getLogger(TuningCache.class);
  private static final int FILE_BYTES_MAX = 1 << 16;
  private static final int NOTE_BYTES_MAX = 256;
  private static final long POLL_MILLIS = 100;
  private static final String LOCK = "tuning.lock";
  private static final Duration DELAY_MAX = Duration.ofSeconds(10);
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private final Path directory;

  public TuningCache(Path directory) {
    this.directory = directory;
  }

  /**
   * A worker's turn to measure; ends when closed, or with the process. What it measures is noted in
   * the file that is locked, so that the next one can tell whether it came to an end.
   *
   * @param lock null if nothing can be kept
   * @param held whether nobody else measures
   */
  record Turn(@Nullable FileChannel lock, boolean held, boolean waited) implements AutoCloseable {

    /** Whether what is measured can be kept. */
    boolean keeps() {
      return lock != null;
    }

    /**
     * Begins to measure.
     *
     * @return false if the last worker that began this has died at it, perhaps of a batch that was
     *     too large for the machine; the one after this may try again
     */
    boolean begins(TuningKey key) {
      if (lock == null || !held) {
        return true;
      }
      try {
        ByteBuffer noted = ByteBuffer.allocate(NOTE_BYTES_MAX);
        lock.read(noted, 0);
        lock.truncate(0);
        ByteBuffer now = StandardCharsets.UTF_8.encode(key.fileName());
        boolean died = noted.flip().equals(now);
        if (!died) {
          lock.write(now, 0);
        }
        return !died;
      } catch (IOException e) {
        LOG.warn("{} cannot be used: {}", LOCK, e.toString());
        return true;
      }
    }

    @Override
    public void close() {
      if (lock == null) {
        return;
      }
      try (lock) {
        if (held) {
          lock.truncate(0);
        }
      } catch (IOException e) {
        LOG.warn("{} cannot be closed: {}", LOCK, e.toString());
      }
    }
  }

  /**
   * Waits until nobody else on this machine measures, but not for ever.
   *
   * @param time that a measurement usually takes
   * @param waits is run once if somebody else measures
   * @throws CancellationException once {@code stop} is down
   */
  Turn turn(Duration time, CountDownLatch stop, Runnable waits) throws InterruptedException {
    FileChannel file = null;
    Turn turn = null;
    try {
      Files.createDirectories(directory);
      file =
          FileChannel.open(
              directory.resolve(LOCK),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      boolean held = locked(file);
      boolean waited = !held;
      if (waited) {
        waits.run();
        held = lockedWithin(time.multipliedBy(OTHERS_MAX).plus(OTHERS_LONGER), file, stop);
      }
      turn = new Turn(file, held, waited);
      return turn;
    } catch (IOException e) {
      LOG.warn("{} cannot be used; what is measured is not kept: {}", directory, e.toString());
      return new Turn(null, false, false);
    } finally {
      if (turn == null) {
        new Turn(file, false, false).close();
      }
    }
  }

  private static boolean lockedWithin(Duration patience, FileChannel file, CountDownLatch stop)
      throws IOException, InterruptedException {
    long from = System.nanoTime();
    while (System.nanoTime() - from < patience.toNanos()) {
      if (stop.await(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new CancellationException("stopped");
      }
      if (locked(file)) {
        return true;
      }
    }
    LOG.warn("another worker measures for longer than {}; this one begins", patience);
    return false;
  }

  private static boolean locked(FileChannel file) throws IOException {
    try {
      return file.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /** What was measured earlier, if it can be read and fits. Blocks. */
  Optional<Settings> read(TuningKey key) {
    Path file = directory.resolve(key.fileName());
    try {
      if (Files.size(file) > FILE_BYTES_MAX) {
        throw new Unfit("it is longer than %d bytes".formatted(FILE_BYTES_MAX));
      }
      return Optional.of(settings(JSON.readTree(Files.readAllBytes(file)), key));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (JsonProcessingException e) {
      LOG.warn("{} is ignored and measured anew: it is not JSON", file);
    } catch (Unfit e) {
      LOG.warn("{} is ignored and measured anew: {}", file, e.getMessage());
    } catch (IOException e) {
      LOG.warn("{} is ignored and measured anew: {}", file, e.toString());
    }
    return Optional.empty();
  }

  private static final class Unfit extends Exception {
    private static final long serialVersionUID = 1L;

    Unfit(String message) {
      super(message);
    }
  }

  private static Settings settings(JsonNode file, TuningKey key) throws Unfit {
    if (!key.toString().equals(file.path("key").asText())) {
      throw new Unfit("it is of another model or machine");
    }
    BatchLimits declared = key.declared().batch();
    int lanes = whole(file, "lanes", 1, key.lanesMax());
    int items = whole(file, "items", 1, LimitSearch.ITEMS_MAX);
    int tokens = whole(file, "tokens", 1, LimitSearch.TOKENS_MAX);
    int delay = whole(file, "delayMillis", 0, (int) DELAY_MAX.toMillis());
    Duration delayMax =
        key.declared().open().contains(Choice.DELAY)
            ? Duration.ofMillis(delay)
            : declared.delayMax();
    return new Settings(lanes, new BatchLimits(items, tokens, delayMax));
  }

  private static int whole(JsonNode file, String name, int min, int max) throws Unfit {
    JsonNode value = file.path(name);
    if (!value.isInt() || value.intValue() < min || value.intValue() > max) {
      throw new Unfit("%s is no whole number from %d to %d".formatted(name, min, max));
    }
    return value.intValue();
  }

  /** Keeps what was measured, if that is possible, and not too much of what was before. Blocks. */
  void write(TuningKey key, Settings settings) {
    Path file = directory.resolve(key.fileName());
    BatchLimits limits = settings.limits();
    try {
      byte[] json =
          JSON.writerWithDefaultPrettyPrinter()
              .writeValueAsBytes(
                  JSON.createObjectNode()
                      .put("key", key.toString())
                      .put("lanes", settings.lanes())
                      .put("items", limits.itemsMax())
                      .put("tokens", limits.tokensMax())
                      .put("delayMillis", limits.delayMax().toMillis()));
      Files.createDirectories(directory);
      Path whole = Files.createTempFile(directory, TuningFiles.PREFIX, TuningFiles.UNFINISHED);
      try {
        Files.write(whole, json);
        Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(whole);
      }
      TuningFiles.prune(directory, file);
    } catch (IOException e) {
      LOG.warn("{} cannot be written; the next start measures again: {}", file, e.toString());
    }
  }
}
