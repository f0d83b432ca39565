package dev.holdfast.djl;

import dev.holdfast.Sentences;
import dev.holdfast.job.Item;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.InferenceEngine.ModelLoadException;
import dev.holdfast.worker.InferenceEngine.Preparation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

/** Sentences become tokens of the shipped model, as the prepare thread does it; time a sentence. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class TokenizeBenchmark {

  private static final int SENTENCES = 256;

  private LoadedModel model;
  private List<Item> items;

  @Setup
  public void load() throws ModelLoadException {
    model =
        new DjlEngine()
            .load(
                new ModelSpec(
                    "shipped",
                    Path.of(System.getProperty("holdfast.model")),
                    ModelSpec.Kind.TEXT_EMBEDDING,
                    "cpu",
                    new BatchLimits(32, 512, Duration.ZERO)));
    items =
        LongStream.range(0, SENTENCES)
            .<Item>mapToObj(i -> new Item.Text(null, Sentences.at(i)))
            .toList();
  }

  @TearDown
  public void close() {
    model.close();
  }

  @Benchmark
  @OperationsPerInvocation(SENTENCES)
  public List<Preparation> tokenize() {
    return model.prepare(items);
  }
}
