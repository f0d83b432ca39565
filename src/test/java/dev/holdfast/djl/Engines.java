package dev.holdfast.djl;

import dev.holdfast.job.Item;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.job.ModelSpec.Kind;
import dev.holdfast.job.Precision;
import dev.holdfast.worker.InferenceEngine.Embedding;
import dev.holdfast.worker.InferenceEngine.InferenceException;
import dev.holdfast.worker.InferenceEngine.Lane;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.InferenceEngine.ModelLoadException;
import dev.holdfast.worker.InferenceEngine.Preparation;
import dev.holdfast.worker.InferenceEngine.Prepared;
import dev.holdfast.worker.InferenceEngine.Rejected;
import dev.holdfast.worker.InferenceEngine.Row;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** Short ways to load and call a model in a test. */
final class Engines {

  static final Path SHIPPED = Path.of(System.getProperty("holdfast.model"));

  private Engines() {}

  static LoadedModel load(Path directory, Kind kind) throws ModelLoadException {
    return load(directory, kind, "cpu");
  }

  static LoadedModel load(Path directory, Kind kind, String device) throws ModelLoadException {
    BatchLimits limits = new BatchLimits(32, 512, Duration.ofMillis(5));
    return new DjlEngine().load(new ModelSpec("test", directory, kind, device, limits));
  }

  static LoadedModel load(Path directory, Precision precision, ReducedPrecision reduced)
      throws ModelLoadException {
    return new DjlEngine(reduced).load(declared(directory, Kind.TEXT_EMBEDDING, precision));
  }

  /** On a CPU, with nothing to measure. */
  static ModelSpec declared(Path directory, Kind kind, Precision precision) {
    BatchLimits limits = new BatchLimits(32, 512, Duration.ofMillis(5));
    return new ModelSpec(
        "test", directory, kind, "cpu", limits, OptionalInt.empty(), Set.of(), precision);
  }

  static Item text(String text) {
    return new Item.Text(null, text);
  }

  /** Prepares the items, which must all be accepted. */
  static List<Prepared> prepared(LoadedModel model, List<? extends Item> items) {
    return model.prepare(List.copyOf(items)).stream().map(Engines::accepted).toList();
  }

  private static Prepared accepted(Preparation preparation) {
    if (preparation instanceof Rejected rejected) {
      throw rejected.reason();
    }
    return (Prepared) preparation;
  }

  /** Infers all items in one batch. */
  static List<Row> rows(LoadedModel model, List<? extends Item> items) throws InferenceException {
    try (Lane lane = model.openLane(0)) {
      return lane.infer(prepared(model, items));
    }
  }

  static List<float[]> vectors(LoadedModel model, List<String> texts) throws InferenceException {
    return rows(model, texts.stream().map(Engines::text).toList()).stream()
        .map(row -> ((Embedding) row).vector())
        .toList();
  }

  static double cosine(float[] a, float[] b) {
    double dot = 0;
    double normA = 0;
    double normB = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      normA += (double) a[i] * a[i];
      normB += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(normA * normB);
  }
}
