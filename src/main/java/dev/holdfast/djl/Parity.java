package dev.holdfast.djl;

import ai.djl.Device;
import ai.djl.Model;
import dev.holdfast.job.Item;
import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.worker.InferenceEngine.Embedding;
import dev.holdfast.worker.InferenceEngine.InferenceException;
import dev.holdfast.worker.InferenceEngine.Lane;
import dev.holdfast.worker.InferenceEngine.ModelLoadException;
import dev.holdfast.worker.InferenceEngine.Prepared;
import dev.holdfast.worker.InferenceEngine.Row;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What an fp32 archive answers to the yardstick, and whether another archive answers the same.
 *
 * <p>Each text is compared as it is inferred in service: beside others in a padded batch.
 */
final class Parity {

  /**
   * The least cosine similarity between a text's vectors. Measured on all-MiniLM-L6-v2, bf16 comes
   * to 0.9999 and fp16 to 0.999999, while int8, which changes what a search finds, came to 0.971 in
   * the best of cases and to 0.845 in another. The bound lies well between.
   */
  static final double COSINE_MIN = 0.999;

  /** How far the lengths of two vectors may differ, which the cosine does not see. */
  static final double LENGTH_DIFFERENCE_MAX = 0.02;

  private final Path archive;
  private final List<List<Prepared>> batches;
  private final List<float[]> expected;

  private Parity(Path archive, List<List<Prepared>> batches, List<float[]> expected) {
    this.archive = archive;
    this.batches = batches;
    this.expected = expected;
  }

  /**
   * Loads the archive, asks it and frees it.
   *
   * @throws ModelLoadException if it cannot be loaded or cannot infer
   */
  static Parity with(Path archive, Device device, Task task, BatchLimits limits)
      throws ModelLoadException {
    List<List<Prepared>> batches = batches(task, limits);
    try (Model full = DjlModel.loadCopy(archive, device);
        Lane lane = new DjlLane(full, task)) {
      return new Parity(archive, batches, vectors(lane, batches));
    } catch (InferenceException e) {
      throw new ModelLoadException(archive + " is loaded but cannot infer: " + e.getMessage(), e);
    }
  }

  private static List<List<Prepared>> batches(Task task, BatchLimits limits)
      throws ModelLoadException {
    List<List<Prepared>> batches = new ArrayList<>();
    List<Prepared> batch = new ArrayList<>();
    int longest = 0;
    for (Prepared each : taken(task, task.yardstick())) {
      longest = Math.max(longest, each.tokens());
      boolean full =
          batch.size() == limits.itemsMax()
              || (long) longest * (batch.size() + 1) > limits.tokensMax();
      if (full && !batch.isEmpty()) {
        batches.add(batch);
        batch = new ArrayList<>();
        longest = each.tokens();
      }
      batch.add(each);
    }
    if (batch.isEmpty()) {
      throw new ModelLoadException(
          "the model takes none of the texts by which precisions are compared");
    }
    batches.add(batch);
    return batches;
  }

  private static List<Prepared> taken(Task task, List<Item> items) {
    return task.prepare(items).stream()
        .filter(Prepared.class::isInstance)
        .map(Prepared.class::cast)
        .toList();
  }

  private static List<float[]> vectors(Lane lane, List<List<Prepared>> batches)
      throws InferenceException {
    List<float[]> vectors = new ArrayList<>();
    for (List<Prepared> batch : batches) {
      for (Row row : lane.infer(batch)) {
        vectors.add(((Embedding) row).vector());
      }
    }
    return vectors;
  }

  /**
   * Asks another archive the same.
   *
   * @param lane of the other archive
   * @return the worst cosine similarity of all texts, at least {@link #COSINE_MIN}
   * @throws ModelLoadException if it answers something else
   */
  double check(Path other, Lane lane) throws ModelLoadException {
    List<float[]> found;
    try {
      found = vectors(lane, batches);
    } catch (InferenceException e) {
      throw new ModelLoadException(
          "%s cannot infer what %s can: %s".formatted(other, archive, e.getMessage()), e);
    }
    double worst = 1;
    int worstAt = 0;
    for (int i = 0; i < expected.size(); i++) {
      double cosine = cosine(expected.get(i), found.get(i), other);
      if (cosine < worst) {
        worst = cosine;
        worstAt = i;
      }
    }
    if (worst < COSINE_MIN) {
      List<Prepared> texts = batches.stream().flatMap(List::stream).toList();
      throw refused(
          other,
          String.format(
              Locale.ROOT,
              "the cosine similarity is %.6f for a text of %d tokens, the worst of %d; at least %s"
                  + " is needed",
              worst,
              texts.get(worstAt).tokens(),
              texts.size(),
              COSINE_MIN));
    }
    return worst;
  }

  int texts() {
    return expected.size();
  }

  /** The cosine of two vectors of about the same length; never NaN. */
  private double cosine(float[] full, float[] reduced, Path other) throws ModelLoadException {
    if (full.length != reduced.length) {
      throw refused(
          other, "its vectors have %d numbers, not %d".formatted(reduced.length, full.length));
    }
    double length = Math.sqrt(product(full, full));
    double ratio = Math.sqrt(product(reduced, reduced)) / length;
    // the other way round NaN, of a vector of zeros, would pass
    if (!(Math.abs(ratio - 1) <= LENGTH_DIFFERENCE_MAX)) {
      throw refused(
          other,
          String.format(
              Locale.ROOT,
              "a vector is %.3f times as long; at most %s more or less is allowed",
              ratio,
              LENGTH_DIFFERENCE_MAX));
    }
    return product(full, reduced) / (length * length * ratio);
  }

  private ModelLoadException refused(Path other, String difference) {
    return new ModelLoadException(
        "%s does not answer as %s does: %s. Export both from the same weights, or leave precision out"
            .formatted(other, archive, difference));
  }

  private static double product(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
