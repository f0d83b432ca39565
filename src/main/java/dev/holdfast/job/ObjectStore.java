package dev.holdfast.job;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Immutable objects by name: inputs and parts. An object is created once, whole and checksummed, or
 * not at all; nothing ever overwrites one.
 *
 * <p>A key is segments of {@code [A-Za-z0-9._-]} joined by {@code /}, at most {@link
 * #KEY_CHARS_MAX} characters, no segment {@code .} or {@code ..}. Futures complete on the caller's
 * Vert.x context if it has one. Reading an object that does not exist fails with {@link
 * JobError#INPUT_NOT_FOUND}; content that does not match its checksum fails the read that meets it.
 */
public interface ObjectStore {

  int KEY_CHARS_MAX = 256;

  /** Names and values of one object's metadata together. */
  int METADATA_CHARS_MAX = 2_048;

  /**
   * @param metadata a few short strings that belong to the object, at most {@link
   *     #METADATA_CHARS_MAX} characters together
   * @return durable on completion: true if this call created it, false if it was there
   */
  Future<Boolean> create(String key, Buffer content, Map<String, String> metadata);

  /** Begins an object that is too large for memory. */
  Future<Upload> upload(String key, Map<String, String> metadata);

  /** An object on its way. One call at a time: the next after the future of the last completed. */
  interface Upload {
    Future<Void> write(Buffer chunk);

    /**
     * Makes the object appear, durable on completion.
     *
     * @return fails with {@link JobError#ILLEGAL_STATE} if the key is taken by now
     */
    Future<Info> commit();

    /** Forgets what was written. Harmless after {@link #commit()}. */
    Future<Void> abort();
  }

  /** What is known of the object, or empty if there is none. */
  Future<Optional<Info>> stat(String key);

  record Info(String key, long bytes, Map<String, String> metadata) {}

  /** At most {@code length} bytes from byte {@code from}; fewer, or none, only at the end. */
  Future<Buffer> read(String key, long from, int length);

  /**
   * Objects whose key begins with {@code prefix}, in order of their keys.
   *
   * @param after only keys after this one, or null for the first page
   */
  Future<List<Info>> list(String prefix, @Nullable String after, int limit);

  /** Deletes one object; completes with whether it was there, as far as anybody can tell. */
  Future<Boolean> delete(String key);

  /** Deletes every object whose key begins with {@code prefix}; completes with how many. */
  Future<Integer> deleteAll(String prefix);
}
