package dev.holdfast.embedded;

import dev.holdfast.contract.WorkerRosterContract;
import dev.holdfast.job.WorkerRoster;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.io.TempDir;

class SqliteWorkerRosterTest extends WorkerRosterContract {

  @AutoClose private final TwoProcesses processes;

  SqliteWorkerRosterTest(@TempDir Path data) throws IOException {
    processes = new TwoProcesses(data);
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
