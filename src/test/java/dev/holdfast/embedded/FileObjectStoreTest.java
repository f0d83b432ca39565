package dev.holdfast.embedded;

import dev.holdfast.SystemClock;
import dev.holdfast.adapter.BoundedThreads;
import dev.holdfast.contract.ObjectStoreContract;
import dev.holdfast.job.ObjectStore;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.io.TempDir;

/** Files alone, whatever their size. */
class FileObjectStoreTest extends ObjectStoreContract {

  @AutoClose private final SystemClock clock = new SystemClock();
  private final BoundedThreads threads = new BoundedThreads("files", 4, 1_000);
  @AutoClose private final FileObjectStore one;
  @AutoClose private final FileObjectStore other;

  FileObjectStoreTest(@TempDir Path data) throws IOException {
    one = new FileObjectStore(new ObjectTree(data), threads, clock.instant());
    other = new FileObjectStore(new ObjectTree(data), threads, clock.instant());
  }

  @AfterEach
  void endThreads() throws InterruptedException {
    threads.close();
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
