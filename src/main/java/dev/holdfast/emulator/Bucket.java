package dev.holdfast.emulator;

import dev.holdfast.emulator.StorageCall.Precondition;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The objects of one bucket: files in one directory, found by an index in memory that is made anew
 * at each start. A file's name is a hash, so no object's name is ever a path. Thread-safe; what
 * changes something blocks.
 */
final class Bucket {

  private static final String SUFFIX = ".object";

  private static final String LOCATION = "location";
  private static final String SOFT_DELETE = "softDeletePolicy";
  private static final String ACCESS = "iamConfiguration";

  private final String name;
  private final JsonObject settings;
  private final Path directory;
  private final InstantSource clock;
  private final ConcurrentNavigableMap<String, StoredObject> objects =
      new ConcurrentSkipListMap<>();
  private long lastGeneration;
  private boolean deleted;

  private Bucket(String name, JsonObject settings, Path directory, InstantSource clock) {
    this.name = name;
    this.settings = settings;
    this.directory = directory;
    this.clock = clock;
  }

  /**
   * What a client may say of its bucket. It is answered as it was said and has no effect.
   *
   * @throws StorageRefusal if it is not of the right types
   */
  static JsonObject settings(JsonObject description) {
    JsonObject settings = new JsonObject();
    // in capitals, as the service writes them, however they were written
    said(description, LOCATION, String.class)
        .ifPresent(place -> settings.put(LOCATION, place.toUpperCase(Locale.ROOT)));
    for (String field : List.of(SOFT_DELETE, ACCESS)) {
      said(description, field, JsonObject.class).ifPresent(value -> settings.put(field, value));
    }
    return settings;
  }

  private static <T> Optional<T> said(JsonObject description, String field, Class<T> type) {
    Object value = description.getValue(field);
    if (value != null && !type.isInstance(value)) {
      throw StorageRefusal.invalid("Invalid value for " + field + ".");
    }
    return Optional.ofNullable(value).map(type::cast);
  }

  /**
   * Opens the bucket that a directory holds, and deletes what a crash left there.
   *
   * @param settings of {@link #settings}
   */
  static Bucket open(Path directory, JsonObject settings, InstantSource clock) throws IOException {
    Bucket bucket = new Bucket(directory.getFileName().toString(), settings, directory, clock);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        Optional<StoredObject> object = StoredObject.read(file);
        if (object.isEmpty()) {
          Files.delete(file);
        } else {
          bucket.found(object.get());
        }
      }
    }
    return bucket;
  }

  private synchronized void found(StoredObject object) throws IOException {
    lastGeneration = Math.max(lastGeneration, object.generation());
    StoredObject other = objects.get(object.name());
    if (other == null || other.generation() < object.generation()) {
      objects.put(object.name(), object);
    }
    if (other != null) {
      Files.delete(other.generation() < object.generation() ? other.file() : object.file());
    }
  }

  String name() {
    return name;
  }

  /** In the order of their names. */
  ConcurrentNavigableMap<String, StoredObject> objects() {
    return objects;
  }

  /** The generation that is asked for, or whichever there is. */
  StoredObject require(String object, @Nullable Long generation) {
    StoredObject found = objects.get(object);
    if (found == null || (generation != null && generation != found.generation())) {
      throw StorageRefusal.noObject(name, object);
    }
    return found;
  }

  /**
   * @throws StorageRefusal if the precondition does not hold now
   */
  void check(String object, Precondition precondition) {
    StoredObject found = objects.get(object);
    precondition.check(found == null ? 0 : found.generation());
  }

  /**
   * Makes a draft the object of that name.
   *
   * @param given the client's description; checksums in it must be the draft's
   * @throws StorageRefusal if they are not, or if the precondition does not hold
   */
  StoredObject put(String object, JsonObject given, Draft draft, Precondition precondition)
      throws IOException {
    String crc32c = draft.crc32c();
    String md5 = draft.md5();
    if (!given.getString("crc32c", crc32c).equals(crc32c)) {
      throw StorageRefusal.invalid(
          "Provided CRC32C \"%s\" doesn't match calculated CRC32C \"%s\"."
              .formatted(given.getString("crc32c"), crc32c));
    }
    if (!given.getString("md5Hash", md5).equals(md5)) {
      throw StorageRefusal.invalid("Provided MD5 hash doesn't match calculated MD5 hash.");
    }
    JsonObject kept = new JsonObject();
    for (String field : StoredObject.FIELDS) {
      if (given.getValue(field) != null) {
        kept.put(field, given.getValue(field));
      }
    }
    String file = hash(object);
    synchronized (this) {
      if (deleted) {
        throw StorageRefusal.noBucket();
      }
      check(object, precondition);
      Instant now = clock.instant();
      long micros =
          TimeUnit.SECONDS.toMicros(now.getEpochSecond())
              + TimeUnit.NANOSECONDS.toMicros(now.getNano());
      lastGeneration = Math.max(lastGeneration + 1, micros);
      StoredObject stored =
          new StoredObject(
              object,
              lastGeneration,
              draft.bytes(),
              crc32c,
              md5,
              now.toString(),
              kept,
              directory.resolve(file + "-" + lastGeneration + SUFFIX));
      finish(draft, stored);
      StoredObject before = objects.put(object, stored);
      if (before != null) {
        Files.deleteIfExists(before.file());
      }
      return stored;
    }
  }

  private static void finish(Draft draft, StoredObject stored) throws IOException {
    try (FileChannel channel = FileChannel.open(draft.path(), StandardOpenOption.WRITE)) {
      channel.truncate(stored.bytes());
      ByteBuffer trailer = stored.trailer();
      while (trailer.hasRemaining()) {
        channel.write(trailer, stored.bytes() + trailer.position());
      }
    }
    Files.move(draft.path(), stored.file(), StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * @throws StorageRefusal if it is not there or the precondition does not hold
   */
  synchronized void delete(String object, @Nullable Long generation, Precondition precondition)
      throws IOException {
    StoredObject found = require(object, generation);
    precondition.check(found.generation());
    objects.remove(object);
    Files.deleteIfExists(found.file());
  }

  /**
   * @throws StorageRefusal if it holds an object
   */
  synchronized void deleteSelf() throws IOException {
    if (!objects.isEmpty()) {
      throw StorageRefusal.conflict("The bucket you tried to delete is not empty.");
    }
    Files.deleteIfExists(directory);
    deleted = true;
  }

  private static String hash(String object) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(object.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  JsonObject resource() {
    return new JsonObject()
        .put("kind", "storage#bucket")
        .put("id", name)
        .put("name", name)
        .put("storageClass", "STANDARD")
        .put("metageneration", "1")
        .put("etag", "CAE=")
        .mergeIn(settings);
  }
}
