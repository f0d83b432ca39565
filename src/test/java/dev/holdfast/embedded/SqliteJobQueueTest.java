package dev.holdfast.embedded;

import dev.holdfast.contract.JobQueueContract;
import dev.holdfast.job.JobQueue;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.io.TempDir;

class SqliteJobQueueTest extends JobQueueContract {

  @AutoClose private final TwoProcesses processes;

  SqliteJobQueueTest(@TempDir Path data) throws IOException {
    processes = new TwoProcesses(data);
  }

  @Override
  protected JobQueue queue() {
    return processes.one().queue();
  }

  @Override
  protected JobQueue another() {
    return processes.other().queue();
  }
}
