package dev.holdfast.job;

import dev.holdfast.embedded.Embedded;
import dev.holdfast.world.Messages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;

class ReconcilerTest extends ReconcilerContract {

  @TempDir Path directory;

  @Override
  protected Backend open() throws IOException {
    return Embedded.open(directory, Optional.empty(), clock);
  }

  @Override
  protected long waiting() {
    return Messages.in(directory, clock).waiting();
  }
}
