package dev.holdfast.embedded;

import dev.holdfast.contract.JobEventsContract;
import dev.holdfast.job.JobEvents;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class SqliteJobEventsTest extends JobEventsContract {

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
  protected JobEvents events() {
    return processes.one().events();
  }

  @Override
  protected JobEvents another() {
    return processes.other().events();
  }
}
