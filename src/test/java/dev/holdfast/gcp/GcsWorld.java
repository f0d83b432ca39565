package dev.holdfast.gcp;

import com.google.cloud.storage.BucketInfo;
import com.google.cloud.storage.Storage;
import dev.holdfast.adapter.BoundedThreads;
import dev.holdfast.world.GoogleEmulators;
import java.util.Optional;

/** One test's buckets, and a client to them that is opened as the product opens it. */
final class GcsWorld {

  private final GcpOptions options;
  private final Storage storage;
  private final BoundedThreads threads = GcsClient.threads();

  private GcsWorld(GcpOptions options) {
    this.options = options;
    this.storage = GcsClient.open(options);
  }

  /** Fresh buckets. */
  static GcsWorld fresh() {
    GcsWorld world = new GcsWorld(GoogleEmulators.fresh());
    world.storage.create(BucketInfo.of(world.options.bucket()));
    world.options.inputBuckets().forEach(bucket -> world.storage.create(BucketInfo.of(bucket)));
    return world;
  }

  /** The same buckets, reached by another way. */
  GcsWorld through(String url) {
    return new GcsWorld(
        new GcpOptions(
            options.project(),
            options.region(),
            options.database(),
            options.bucket(),
            options.inputBuckets(),
            options.pubSubEmulator(),
            options.firestoreEmulator(),
            Optional.of(url)));
  }

  GcpOptions options() {
    return options;
  }

  String url() {
    return options.storageEmulator().orElseThrow();
  }

  Storage storage() {
    return storage;
  }

  BoundedThreads threads() {
    return threads;
  }

  GcsObjectStore objects() {
    return new GcsObjectStore(storage, options.bucket(), threads);
  }

  void close() throws Exception {
    threads.close();
    storage.close();
  }
}
