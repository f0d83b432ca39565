package dev.holdfast.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;

/**
 * The bare loop.
 *
 * @param done where it says how many sentences it has embedded
 */
record BareWay(Child loop, MappedByteBuffer done) implements Way {

  /** Starts it; blocks until it has its model. */
  static BareWay start(Path model, Path counter, Path log) throws IOException {
    MappedByteBuffer done = counter(counter);
    List<String> command = List.of(BareLoop.class.getName(), model.toString(), counter.toString());
    Child loop = Child.start(1, Map.of(), log, Stack.WORKER_FLAGS, command);
    loop.answer();
    return new BareWay(loop, done);
  }

  /** A number in a file, which two processes share. */
  static MappedByteBuffer counter(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES);
    }
  }

  @Override
  public double items() {
    return done.getLong(0);
  }

  @Override
  public double cpuSeconds() throws IOException {
    return loop.cpuSeconds();
  }

  @Override
  public void pin(int core) throws IOException, InterruptedException {
    loop.pin(core);
  }

  @Override
  public SideBySide.Ended job(long first, int items) {
    try {
      double cpu = cpuSeconds();
      double seconds = Double.parseDouble(loop.ask(first + " " + items));
      return new SideBySide.Ended(seconds, cpuSeconds() - cpu, 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    loop.close();
  }
}
