package dev.holdfast.emulator;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Collection;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/** The buckets under one directory, a directory each, and a place for drafts. Thread-safe. */
final class Buckets {

  /** Google's own rule but for its length, which is 63 there; with it a name is never a path. */
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{1,98}[a-z0-9]");

  private static final String DRAFTS = "~drafts";

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
    try (DirectoryStream<Path> found = Files.newDirectoryStream(directory)) {
      for (Path path : found) {
        String name = path.getFileName().toString();
        if (Files.isDirectory(path) && NAME.matcher(name).matches()) {
          buckets.buckets.put(name, Bucket.open(path, clock));
        }
      }
    }
    return buckets;
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

  synchronized Bucket create(String name) throws IOException {
    if (!NAME.matcher(name).matches()) {
      throw StorageRefusal.invalid("Invalid bucket name: '" + name + "'");
    }
    if (buckets.containsKey(name)) {
      throw StorageRefusal.conflict(
          "Your previous request to create the named bucket succeeded and you already own it.");
    }
    Bucket bucket = Bucket.open(Files.createDirectories(directory.resolve(name)), clock);
    buckets.put(name, bucket);
    return bucket;
  }

  synchronized void delete(String name) throws IOException {
    require(name).deleteSelf();
    buckets.remove(name);
  }
}
