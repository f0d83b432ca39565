package dev.holdfast.embedded;

import dev.holdfast.contract.JobQueueContract;
import dev.holdfast.job.JobQueue;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class SqliteJobQueueTest extends JobQueueContract {

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
  protected JobQueue queue() {
    return processes.one().queue();
  }

  @Override
  protected JobQueue another() {
    return processes.other().queue();
  }
}
