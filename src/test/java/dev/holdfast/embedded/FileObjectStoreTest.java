package dev.holdfast.embedded;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.SystemClock;
import dev.holdfast.adapter.BoundedThreads;
import dev.holdfast.contract.ObjectStoreContract;
import dev.holdfast.job.ObjectStore;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
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

  /** Method: a directory comes and goes far more often than deletions by others would make it. */
  @Test
  void aDirectoryThatComesAndGoesIsNeverInTheWay() throws Exception {
    Path directory = data.resolve("flaps");
    AtomicBoolean done = new AtomicBoolean();
    Thread flaps =
        new Thread(
            () -> {
              while (!done.get()) {
                try {
                  Files.createDirectory(directory);
                  Files.delete(directory);
                } catch (FileAlreadyExistsException
                    | NoSuchFileException
                    | DirectoryNotEmptyException e) {
                  // the store was faster
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              }
            });
    flaps.start();
    try {
      for (int i = 0; i < 300; i++) {
        assertThat(await(one.create("flaps/object", Buffer.buffer("x"), Map.of()))).isTrue();
        assertThat(await(one.delete("flaps/object"))).isTrue();
      }
    } finally {
      done.set(true);
      flaps.join();
    }
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
