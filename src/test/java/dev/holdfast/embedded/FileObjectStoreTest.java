package dev.holdfast.embedded;

import dev.holdfast.contract.ObjectStoreContract;
import dev.holdfast.job.ObjectStore;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class FileObjectStoreTest extends ObjectStoreContract {

  @TempDir private Path data;
  private TwoProcesses processes;

  @BeforeEach
  void open() throws IOException {
    processes = new TwoProcesses(data);
  }

  @AfterEach
  void close() {
    processes.close();
  }

  @Override
  protected ObjectStore objects() {
    return processes.one().objects();
  }

  @Override
  protected ObjectStore another() {
    return processes.other().objects();
  }
}
