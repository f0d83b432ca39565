package dev.holdfast.embedded;

import dev.holdfast.contract.WorkerRosterContract;
import dev.holdfast.job.WorkerRoster;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class SqliteWorkerRosterTest extends WorkerRosterContract {

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
  protected WorkerRoster roster() {
    return processes.one().roster();
  }

  @Override
  protected WorkerRoster another() {
    return processes.other().roster();
  }
}
