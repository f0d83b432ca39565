package dev.holdfast.embedded;

import dev.holdfast.contract.JobStoreContract;
import dev.holdfast.job.JobStore;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.io.TempDir;

class SqliteJobStoreTest extends JobStoreContract {

  @AutoClose private final TwoProcesses processes;

  SqliteJobStoreTest(@TempDir Path data) throws IOException {
    processes = new TwoProcesses(data);
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
