package dev.holdfast.embedded;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.SystemClock;
import dev.holdfast.adapter.BoundedThreads;
import dev.holdfast.contract.ObjectStoreContract;
import dev.holdfast.job.ObjectStore;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files alone, whatever their size. */
class FileObjectStoreTest extends ObjectStoreContract {

  @AutoClose private final SystemClock clock = new SystemClock();
  private final BoundedThreads threads = new BoundedThreads("files", 4, 1_000);
  @AutoClose private final FileObjectStore one;
  @AutoClose private final FileObjectStore other;

  private final Path data;

  FileObjectStoreTest(@TempDir Path data) throws IOException {
    this.data = data;
    one = new FileObjectStore(new ObjectTree(data), threads, clock.instant());
    other = new FileObjectStore(new ObjectTree(data), threads, clock.instant());
  }

  @AfterEach
  void endThreads() throws InterruptedException {
    threads.close();
  }

  /**
   * Method: while an object is made its directory comes and goes, fewer times than the store tries.
   */
  @Test
  void aDirectoryThatComesAndGoesIsNeverInTheWay() throws Exception {
    Path directory = data.resolve("flaps");
    ExecutorService another = Executors.newSingleThreadExecutor();
    try {
      for (int i = 0; i < 300; i++) {
        Future<?> flaps = another.submit(() -> flap(directory, 30));
        assertThat(await(one.create("flaps/object", Buffer.buffer("x"), Map.of()))).isTrue();
        flaps.get();
        assertThat(await(one.delete("flaps/object"))).isTrue();
      }
    } finally {
      another.shutdownNow();
    }
  }

  private static @Nullable Void flap(Path directory, int times) throws IOException {
    for (int i = 0; i < times; i++) {
      try {
        Files.createDirectory(directory);
        Files.delete(directory);
      } catch (FileAlreadyExistsException | NoSuchFileException | DirectoryNotEmptyException e) {
        // the store was faster
      }
    }
    return null;
  }

  @Override
  protected ObjectStore objects() {
    return one;
  }

  @Override
  protected ObjectStore another() {
    return other;
  }
}
