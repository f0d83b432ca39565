package dev.holdfast;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;

/**
 * The vectors of one job's result, which stay on disk, and how they differ from those of another
 * run.
 *
 * @param vectors one after the other by their item, each of {@code width} floats; what is not among
 *     {@code rows} is nothing
 * @param rows the items that have a vector
 * @param items how many there should be
 * @param duplicated rows beyond the first of an item, and rows of no item
 */
record ChaosRows(Path vectors, int width, BitSet rows, int items, long duplicated) {

  /** Batches of other neighbours add in another order; more than this is another answer. */
  static final double DIFFERENCE_MAX = 1e-3;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * Reads a result as JSONL.
   *
   * @param vectors the file to keep its vectors in
   */
  static ChaosRows of(Path result, int items, Path vectors) throws IOException {
    BitSet seen = new BitSet(items);
    BitSet rows = new BitSet(items);
    long duplicated = 0;
    int width = 0;
    try (BufferedReader lines = Files.newBufferedReader(result);
        FileChannel kept =
            FileChannel.open(
                vectors,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
      String line;
      while ((line = lines.readLine()) != null) {
        JsonNode row = JSON.readTree(line);
        int index = row.path("index").asInt(-1);
        if (index < 0 || index >= items || seen.get(index)) {
          duplicated++;
          continue;
        }
        seen.set(index);
        JsonNode embedding = row.path("embedding");
        width = width == 0 ? embedding.size() : width;
        if (width > 0 && embedding.size() == width) {
          rows.set(index);
          write(kept, (long) index * width * Float.BYTES, embedding);
        }
      }
    }
    return new ChaosRows(vectors, width, rows, items, duplicated);
  }

  private static void write(FileChannel kept, long position, JsonNode embedding)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(embedding.size(), Float.BYTES));
    for (JsonNode number : embedding) {
      bytes.putFloat((float) number.asDouble(Double.NaN));
    }
    bytes.flip();
    long at = position;
    while (bytes.hasRemaining()) {
      at += kept.write(bytes, at);
    }
  }

  /** Items without a row that has a vector. */
  long lost() {
    return (long) items - rows.cardinality();
  }

  /** Rows whose vector is not the other run's. */
  long differing(ChaosRows other) throws IOException {
    BitSet either = (BitSet) rows.clone();
    either.or(other.rows);
    BitSet both = (BitSet) rows.clone();
    both.and(other.rows);
    if (width != other.width) {
      return either.cardinality();
    }
    long differing = (long) either.cardinality() - both.cardinality();
    try (DataInputStream mine = open(vectors);
        DataInputStream theirs = open(other.vectors)) {
      for (int item = 0; item < both.length(); item++) {
        if (!both.get(item)) {
          skip(mine);
          skip(theirs);
        } else if (!same(mine, theirs)) {
          differing++;
        }
      }
    }
    return differing;
  }

  private static DataInputStream open(Path file) throws IOException {
    return new DataInputStream(new BufferedInputStream(Files.newInputStream(file)));
  }

  private void skip(DataInputStream vectors) throws IOException {
    vectors.skipNBytes((long) width * Float.BYTES);
  }

  private boolean same(DataInputStream one, DataInputStream other) throws IOException {
    boolean same = true;
    for (int i = 0; i < width; i++) {
      // written so that a NaN differs
      same &= Math.abs(one.readFloat() - other.readFloat()) <= DIFFERENCE_MAX;
    }
    return same;
  }
}
