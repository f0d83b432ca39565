package dev.holdfast.world;

import dev.holdfast.job.Item;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.worker.InferenceEngine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A model that costs nothing and remembers nothing: what is measured is what is around it. */
public record StillEngine(ModelSpec spec) implements InferenceEngine, InferenceEngine.LoadedModel {

  private static final Embedding VECTOR = new Embedding(new float[] {1, 2});

  private record Text(int tokens) implements Prepared {
    @Override
    public Object signature() {
      return Text.class;
    }
  }

  private static final class StillLane implements Lane {
    @Override
    public List<Row> infer(List<Prepared> batch) {
      return batch.stream().<Row>map(prepared -> VECTOR).toList();
    }

    @Override
    public void close() {
      // holds nothing
    }
  }

  /** Batches of so many items, which wait for nobody. */
  public static StillEngine of(String name, int itemsMax) {
    return new StillEngine(
        new ModelSpec(
            name,
            Path.of("nowhere"),
            ModelSpec.Kind.TEXT_EMBEDDING,
            "cpu",
            new BatchLimits(itemsMax, Integer.MAX_VALUE, Duration.ZERO)));
  }

  @Override
  public LoadedModel load(ModelSpec wanted) {
    return this;
  }

  @Override
  public String digest() {
    return "still";
  }

  @Override
  public int lanes() {
    return 1;
  }

  @Override
  public Hardware hardware() {
    return new Hardware("still", 1);
  }

  @Override
  public String device(int lane) {
    return "still";
  }

  @Override
  public Lane openLane(int index) {
    return new StillLane();
  }

  @Override
  public List<Preparation> prepare(List<Item> items) {
    return items.stream()
        .<Preparation>map(item -> new Text(Math.max(1, ((Item.Text) item).text().length())))
        .toList();
  }

  @Override
  public void close() {
    // holds nothing
  }
}
