package dev.holdfast.world;

import dev.holdfast.contract.Futures;
import dev.holdfast.emulator.StorageEndpoint;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A Cloud Storage endpoint in this JVM, with a directory of its own that goes when it is closed.
 */
final class LocalStorage implements AutoCloseable {

  private final Vertx vertx;
  private final StorageEndpoint endpoint;
  private final Path directory;

  private LocalStorage(Vertx vertx, StorageEndpoint endpoint, Path directory) {
    this.vertx = vertx;
    this.endpoint = endpoint;
    this.directory = directory;
  }

  static LocalStorage start() throws IOException {
    Path directory =
        Files.createTempDirectory(Files.createDirectories(Path.of("target")), "storage-");
    Vertx vertx = Vertx.vertx();
    StorageEndpoint endpoint = Futures.await(StorageEndpoint.start(vertx, 0, directory));
    return new LocalStorage(vertx, endpoint, directory);
  }

  String url() {
    return endpoint.url();
  }

  @Override
  public void close() throws IOException {
    Futures.await(endpoint.close());
    Futures.await(vertx.close());
    List<Path> all;
    try (Stream<Path> found = Files.walk(directory)) {
      all = found.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }
}
