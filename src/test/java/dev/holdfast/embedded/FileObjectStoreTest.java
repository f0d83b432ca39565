package dev.holdfast.embedded;

import dev.holdfast.contract.ObjectStoreContract;
import dev.holdfast.job.ObjectStore;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.io.TempDir;

class FileObjectStoreTest extends ObjectStoreContract {

  @AutoClose private final TwoProcesses processes;

  FileObjectStoreTest(@TempDir Path data) throws IOException {
    processes = new TwoProcesses(data);
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
