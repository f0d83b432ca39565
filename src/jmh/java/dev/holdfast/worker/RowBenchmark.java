package dev.holdfast.worker;

import dev.holdfast.job.RowEncoding;
import io.vertx.core.buffer.Buffer;
import java.util.Random;
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
import org.openjdk.jmh.annotations.Warmup;

/** One row of 384 numbers on its way into a part. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class RowBenchmark {

  private static final int DIMENSIONS = 384;

  @Param({"JSON", "BASE64"})
  public RowEncoding encoding = RowEncoding.JSON;

  private final Line line = new Line(123_456, 123_457, 0, "\"a\"", null);
  private InferenceEngine.Row row;

  @Setup
  public void draw() {
    Random random = new Random(1);
    float[] vector = new float[DIMENSIONS];
    for (int i = 0; i < DIMENSIONS; i++) {
      vector[i] = (float) (random.nextGaussian() / Math.sqrt(DIMENSIONS));
    }
    row = new InferenceEngine.Embedding(vector);
  }

  @Benchmark
  public Buffer encode() {
    StringBuilder out = new StringBuilder();
    RowFormat.row(line, null, row, encoding, out);
    return Buffer.buffer(out.toString());
  }
}
