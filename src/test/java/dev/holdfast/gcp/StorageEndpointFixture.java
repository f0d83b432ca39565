package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.cloud.storage.Blob;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.BucketInfo;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.StorageException;
import dev.holdfast.emulator.StorageEndpoint;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A stand-in for Cloud Storage with one bucket, and Google's own client to it. */
abstract class StorageEndpointFixture {

  static final String BUCKET = "bucket";

  @TempDir Path directory;
  Vertx vertx;
  StorageEndpoint endpoint;
  Storage storage;

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
    endpoint = await(StorageEndpoint.start(vertx, 0, directory.resolve("objects")));
    storage =
        GcsClient.open(
            new GcpOptions(
                "project",
                Optional.empty(),
                GcpOptions.DEFAULT_DATABASE,
                BUCKET,
                Set.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(endpoint.url())));
    storage.create(BucketInfo.of(BUCKET));
  }

  @AfterEach
  void close() throws Exception {
    storage.close();
    await(endpoint.close());
    await(vertx.close());
  }

  static byte[] random(int bytes) {
    byte[] content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    return content;
  }

  static BlobInfo named(String name) {
    return BlobInfo.newBuilder(BUCKET, name).build();
  }

  Blob put(String name, String content) {
    return storage.create(named(name), Buffer.buffer(content).getBytes());
  }

  static void refused(int status, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StorageException.class, refusal -> assertThat(refusal.getCode()).isEqualTo(status));
  }

  final List<Path> files(String folder) throws IOException {
    try (Stream<Path> found = Files.list(directory.resolve("objects").resolve(folder))) {
      return found.toList();
    }
  }
}
