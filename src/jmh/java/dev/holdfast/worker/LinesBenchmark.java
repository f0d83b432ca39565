package dev.holdfast.worker;

import dev.holdfast.Sentences;
import dev.holdfast.SystemClock;
import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.ItemFormat;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.ModelSpec;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** JSONL in an object on this machine's disk, cut into lines and read as items; time a line. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class LinesBenchmark {

  private static final int LINES = 20_000;
  private static final String KEY = "inputs/lines.jsonl";

  private SystemClock clock;
  private Embedded embedded;
  private JobSpec.Input input;

  @Setup
  public void write() throws IOException {
    clock = new SystemClock();
    embedded = Embedded.open(Files.createTempDirectory("holdfast-jmh"), Optional.empty(), clock);
    String lines =
        LongStream.range(0, LINES)
            .mapToObj(i -> "\"" + Sentences.at(i) + "\"\n")
            .collect(Collectors.joining());
    embedded
        .objects()
        .create(KEY, Buffer.buffer(lines), Map.of())
        .toCompletionStage()
        .toCompletableFuture()
        .join();
    input = new JobSpec.Stored(KEY, lines.length(), null);
  }

  @TearDown
  public void close() {
    embedded.close();
    clock.close();
  }

  @Benchmark
  @OperationsPerInvocation(LINES)
  public void parse(Blackhole items) {
    InputLines lines =
        InputLines.open(input, Job.Checkpoint.START, embedded.objects(), embedded.externalInputs());
    List<Line> read = next(lines);
    while (!read.isEmpty()) {
      for (Line line : read) {
        items.consume(
            ItemFormat.parse(ModelSpec.Kind.TEXT_EMBEDDING, Objects.requireNonNull(line.text())));
      }
      read = next(lines);
    }
  }

  private static List<Line> next(InputLines lines) {
    return lines.next(256, 1 << 20).toCompletionStage().toCompletableFuture().join();
  }
}
