package dev.holdfast.emulator;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.Collection;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/**
 * The buckets under one directory, a directory each, with a place for what their makers said of
 * them and another for drafts. Thread-safe.
 */
final class Buckets {

  /** Google's own rule but for its length, which is 63 there; with it a name is never a path. */
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{1,98}[a-z0-9]");

  private static final String DRAFTS = "~drafts";
  private static final String SETTINGS = "~buckets";

  private final Path directory;
  private final InstantSource clock;
  private final ConcurrentSkipListMap<String, Bucket> buckets = new ConcurrentSkipListMap<>();
  private final AtomicLong drafts = new AtomicLong();

  private Buckets(Path directory, InstantSource clock) {
    this.directory = directory;
    this.clock = clock;
  }

  /** Blocks. */
  static Buckets open(Path directory, InstantSource clock) throws IOException {
    Buckets buckets = new Buckets(directory, clock);
    Path drafts = Files.createDirectories(directory.resolve(DRAFTS));
    try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(drafts)) {
      for (Path leftover : leftovers) {
        Files.delete(leftover);
      }
    }
    Files.createDirectories(directory.resolve(SETTINGS));
    try (DirectoryStream<Path> found = Files.newDirectoryStream(directory)) {
      for (Path path : found) {
        String name = path.getFileName().toString();
        if (Files.isDirectory(path) && NAME.matcher(name).matches()) {
          buckets.buckets.put(name, Bucket.open(path, buckets.settings(name), clock));
        }
      }
    }
    return buckets;
  }

  private Path settingsFile(String bucket) {
    return directory.resolve(SETTINGS).resolve(bucket + ".json");
  }

  /** None for a bucket of a time when they were not kept. */
  private JsonObject settings(String bucket) throws IOException {
    Path file = settingsFile(bucket);
    if (!Files.exists(file)) {
      return new JsonObject();
    }
    try {
      return new JsonObject(Files.readString(file));
    } catch (DecodeException e) {
      throw new IOException(file + " is damaged; delete it to forget what it said", e);
    }
  }

  private void keep(String bucket, JsonObject settings) throws IOException {
    if (settings.isEmpty()) {
      Files.deleteIfExists(settingsFile(bucket));
      return;
    }
    Path draft = newDraft();
    Files.writeString(draft, settings.encode());
    Files.move(draft, settingsFile(bucket), StandardCopyOption.ATOMIC_MOVE);
  }

  /** A name for a file that no other draft has. */
  Path newDraft() {
    return directory.resolve(DRAFTS).resolve(Long.toString(drafts.incrementAndGet()));
  }

  Collection<Bucket> all() {
    return buckets.values();
  }

  /**
   * @throws StorageRefusal if there is none of that name
   */
  Bucket require(String name) {
    Bucket bucket = buckets.get(name);
    if (bucket == null) {
      throw StorageRefusal.noBucket();
    }
    return bucket;
  }

  /**
   * @param description as the JSON API takes it; what is not kept of it is ignored
   * @throws StorageRefusal if it is not lawful or there is such a bucket
   */
  synchronized Bucket create(JsonObject description) throws IOException {
    Object named = description.getValue("name");
    String name = named instanceof String text ? text : "";
    if (!NAME.matcher(name).matches()) {
      throw StorageRefusal.invalid("Invalid bucket name: '" + name + "'");
    }
    if (buckets.containsKey(name)) {
      throw StorageRefusal.conflict(
          "Your previous request to create the named bucket succeeded and you already own it.");
    }
    JsonObject settings = Bucket.settings(description);
    // before the directory, which is what makes it a bucket
    keep(name, settings);
    Bucket bucket = Bucket.open(Files.createDirectories(directory.resolve(name)), settings, clock);
    buckets.put(name, bucket);
    return bucket;
  }

  synchronized void delete(String name) throws IOException {
    require(name).deleteSelf();
    buckets.remove(name);
    Files.deleteIfExists(settingsFile(name));
  }
}
