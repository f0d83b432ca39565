package dev.holdfast.emulator;

import dev.holdfast.emulator.StorageCall.Precondition;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An object that arrives chunk by chunk, one request at a time. */
final class ResumableUpload {

  private static final Pattern RANGE =
      Pattern.compile("bytes (?:\\*|(\\d{1,18})-(\\d{1,18}))/(?:\\*|(\\d{1,18}))");
  private static final Pattern CRC32C = Pattern.compile("crc32c=([^,]+)");

  /**
   * What a request says that it brings.
   *
   * @param from its first byte; empty for a question after the upload's state or its mere end
   * @param total the object's size, if it is known by now
   */
  record Chunk(Optional<Long> from, Optional<Long> total) {

    /**
     * @throws StorageRefusal if the header is damaged
     */
    static Chunk of(@Nullable String contentRange, long contentLength) {
      if (contentRange == null) {
        return new Chunk(Optional.of(0L), Optional.of(contentLength));
      }
      Matcher range = RANGE.matcher(contentRange);
      if (!range.matches()) {
        throw StorageRefusal.invalid("Failed to parse Content-Range header.");
      }
      return new Chunk(
          Optional.ofNullable(range.group(1)).map(Long::valueOf),
          Optional.ofNullable(range.group(3)).map(Long::valueOf));
    }
  }

  private final Bucket bucket;
  private final String name;
  private final JsonObject given;
  private final Precondition precondition;
  private final Draft draft;
  private final AtomicBoolean busy = new AtomicBoolean();
  private volatile long received;
  private volatile @Nullable StoredObject object;

  ResumableUpload(
      Bucket bucket, String name, JsonObject given, Precondition precondition, Draft draft) {
    this.bucket = bucket;
    this.name = name;
    this.given = given;
    this.precondition = precondition;
    this.draft = draft;
  }

  Bucket bucket() {
    return bucket;
  }

  Draft draft() {
    return draft;
  }

  /** Whether the caller may change it now; then it calls {@link #free()}. */
  boolean take() {
    return busy.compareAndSet(false, true);
  }

  void free() {
    busy.set(false);
  }

  /** What is safely here, in bytes. */
  long received() {
    return received;
  }

  /** What it has become. */
  Optional<StoredObject> object() {
    return Optional.ofNullable(object);
  }

  /** Counts in what was written to the draft's file. Blocks. */
  void appended(long to) throws IOException {
    draft.appended(to);
    received = draft.bytes();
  }

  /**
   * Becomes the object. Blocks.
   *
   * @param hash the client's {@code X-Goog-Hash}, if any
   */
  StoredObject finish(@Nullable String hash) throws IOException {
    if (hash != null) {
      Matcher claimed = CRC32C.matcher(hash);
      if (claimed.find() && !claimed.group(1).strip().equals(draft.crc32c())) {
        throw StorageRefusal.invalid(
            "Provided CRC32C \"%s\" doesn't match calculated CRC32C \"%s\"."
                .formatted(claimed.group(1), draft.crc32c()));
      }
    }
    StoredObject finished = bucket.put(name, given, draft, precondition);
    object = finished;
    return finished;
  }
}
