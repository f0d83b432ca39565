package dev.holdfast;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;

/** Counts what a result has too few of and too many of. */
final class RowCheck {

  private static final int VECTOR_FLOATS = 384;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private RowCheck() {}

  /**
   * @param lost items without a row that has their index, their id and a finite vector
   * @param duplicated rows beyond the first of an item, and rows of no item
   */
  record Counts(long lost, long duplicated) {}

  /** The id that the item with an index was given. */
  static String idOf(long index) {
    return "sentence-" + index;
  }

  /** Reads a result as JSONL. */
  static Counts of(Path result, int items) throws IOException {
    BitSet seen = new BitSet(items);
    BitSet good = new BitSet(items);
    long duplicated = 0;
    try (BufferedReader lines = Files.newBufferedReader(result)) {
      String line;
      while ((line = lines.readLine()) != null) {
        JsonNode row = read(line);
        long index = row.path("index").asLong(-1);
        if (index < 0 || index >= items || seen.get((int) index)) {
          duplicated++;
        } else {
          seen.set((int) index);
          good.set((int) index, idOf(index).equals(row.path("id").asText()) && isVector(row));
        }
      }
    }
    return new Counts(items - good.cardinality(), duplicated);
  }

  private static JsonNode read(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      return JSON.missingNode();
    }
  }

  private static boolean isVector(JsonNode row) {
    JsonNode vector = row.path("embedding");
    if (vector.size() != VECTOR_FLOATS) {
      return false;
    }
    for (JsonNode value : vector) {
      if (!value.isNumber() || !Double.isFinite(value.asDouble())) {
        return false;
      }
    }
    return true;
  }
}
