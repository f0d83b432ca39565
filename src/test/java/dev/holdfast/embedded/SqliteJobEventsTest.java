package dev.holdfast.embedded;

import dev.holdfast.contract.JobEventsContract;
import dev.holdfast.job.JobEvents;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.io.TempDir;

class SqliteJobEventsTest extends JobEventsContract {

  @AutoClose private final TwoProcesses processes;

  SqliteJobEventsTest(@TempDir Path data) throws IOException {
    processes = new TwoProcesses(data);
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
