package dev.holdfast.worker;

import dev.holdfast.SystemClock;
import dev.holdfast.job.RowEncoding;
import dev.holdfast.world.StillEngine;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A window's way through the batcher and back: prepared, pooled, inferred by a model that costs
 * nothing, rendered, on a thread each.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class HandOffBenchmark {

  @Param({"1", "256"})
  public int items;

  private SystemClock clock;
  private MicroBatcher batcher;
  private List<Line> lines;

  @Setup
  public void open() {
    clock = new SystemClock();
    batcher =
        new MicroBatcher(
            StillEngine.of("still", 32),
            new WorkerMetrics(new SimpleMeterRegistry()),
            clock,
            new DeviceMemory(),
            failure -> {
              throw new IllegalStateException(failure);
            });
    lines = new ArrayList<>();
    for (int i = 0; i < items; i++) {
      lines.add(new Line(i, i + 1, 0, "\"a text of some length, number " + i + "\"", null));
    }
  }

  @TearDown
  public void close() {
    batcher.close();
    clock.close();
  }

  @Benchmark
  public Object handOff() {
    return batcher
        .infer(new Window(lines, RowEncoding.JSON, settled -> {}))
        .toCompletionStage()
        .toCompletableFuture()
        .join();
  }
}
