package dev.holdfast.embedded;

import dev.holdfast.SystemClock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** One data directory, opened twice: what two processes of a machine have. */
final class TwoProcesses implements AutoCloseable {

  private final SystemClock clock = new SystemClock();
  private final Embedded one;
  private final Embedded other;

  TwoProcesses(Path data) throws IOException {
    this(data, Optional.empty());
  }

  TwoProcesses(Path data, Optional<Path> inputRoot) throws IOException {
    one = Embedded.open(data, inputRoot, clock);
    other = Embedded.open(data, inputRoot, clock);
  }

  Embedded one() {
    return one;
  }

  Embedded other() {
    return other;
  }

  @Override
  public void close() {
    one.close();
    other.close();
    clock.close();
  }
}
