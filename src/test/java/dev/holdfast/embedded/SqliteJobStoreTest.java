package dev.holdfast.embedded;

import dev.holdfast.contract.JobStoreContract;
import dev.holdfast.job.JobStore;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class SqliteJobStoreTest extends JobStoreContract {

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
  protected JobStore store() {
    return processes.one().store();
  }

  @Override
  protected JobStore another() {
    return processes.other().store();
  }
}
