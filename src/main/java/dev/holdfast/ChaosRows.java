package dev.holdfast;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;

/** The vectors of one job's result, and how they differ from those of another run. */
final class ChaosRows {

  /** Batches of other neighbours add in another order; more than this is another answer. */
  static final double DIFFERENCE_MAX = 1e-3;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final float[][] vectors;
  private final long lost;
  private final long duplicated;

  private ChaosRows(float[][] vectors, long lost, long duplicated) {
    this.vectors = vectors;
    this.lost = lost;
    this.duplicated = duplicated;
  }

  /** Reads a result as JSONL. */
  static ChaosRows of(Path result, int items) throws IOException {
    float[][] vectors = new float[items][];
    BitSet seen = new BitSet(items);
    long duplicated = 0;
    try (BufferedReader lines = Files.newBufferedReader(result)) {
      String line;
      while ((line = lines.readLine()) != null) {
        JsonNode row = JSON.readTree(line);
        int index = row.path("index").asInt(-1);
        if (index < 0 || index >= items || seen.get(index)) {
          duplicated++;
          continue;
        }
        seen.set(index);
        vectors[index] = vector(row.path("embedding"));
      }
    }
    long good = 0;
    for (float[] vector : vectors) {
      good += vector == null || vector.length == 0 ? 0 : 1;
    }
    return new ChaosRows(vectors, items - good, duplicated);
  }

  private static float[] vector(JsonNode embedding) {
    float[] vector = new float[embedding.size()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) embedding.get(i).asDouble(Double.NaN);
    }
    return vector;
  }

  /** Items without a row that has a vector. */
  long lost() {
    return lost;
  }

  /** Rows beyond the first of an item, and rows of no item. */
  long duplicated() {
    return duplicated;
  }

  /** Rows whose vector is not the other run's. */
  long differing(ChaosRows other) {
    long differing = 0;
    for (int i = 0; i < vectors.length; i++) {
      differing += same(vectors[i], other.vectors[i]) ? 0 : 1;
    }
    return differing;
  }

  private static boolean same(float[] one, float[] other) {
    if (one == null || other == null || one.length != other.length) {
      return one == other;
    }
    for (int i = 0; i < one.length; i++) {
      // written so that a NaN differs
      if (!(Math.abs(one[i] - other[i]) <= DIFFERENCE_MAX)) {
        return false;
      }
    }
    return true;
  }
}
