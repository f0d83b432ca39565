package dev.holdfast.worker;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Rows that were inferred before some that stand in front of them: batches go by length, and not by
 * the input's order. No part can hold them yet; an attempt that must go leaves them to the next one
 * as an object of their own, so that nobody infers them again. Not thread-safe.
 *
 * <p>The object is a line with the model's digest, and the rows as they will stand in the result.
 */
final class LooseRows {

  /** An object's size at most; rows beyond it are inferred again. */
  static final int BYTES_MAX = CheckpointPolicy.PART_BYTES_MAX;

  private static final String LINE_END = "\n";

  /** By their items' indices, with their line ends. */
  private final TreeMap<Long, String> rows = new TreeMap<>();

  void add(long index, String row) {
    rows.put(index, row);
  }

  /** Takes a row out, or returns null if it is not among them. */
  @Nullable String take(long index) {
    return rows.remove(index);
  }

  int size() {
    return rows.size();
  }

  /**
   * The object's content.
   *
   * @return as many of the first rows as it may hold; the others are removed
   */
  Buffer content(String modelDigest) {
    Buffer content = Buffer.buffer(modelDigest + LINE_END);
    Long beyond = null;
    for (Map.Entry<Long, String> row : rows.entrySet()) {
      byte[] bytes = row.getValue().getBytes(StandardCharsets.UTF_8);
      if (content.length() + bytes.length > BYTES_MAX) {
        beyond = row.getKey();
        break;
      }
      content.appendBytes(bytes);
    }
    if (beyond != null) {
      rows.tailMap(beyond).clear();
    }
    return content;
  }

  /**
   * Reads an object.
   *
   * @param from the first item that is still wanted
   * @return none if they are of another version of the model
   * @throws IllegalArgumentException if a line is no row
   */
  static LooseRows read(Buffer content, String modelDigest, long from) {
    LooseRows loose = new LooseRows();
    String[] lines = content.toString(StandardCharsets.UTF_8).split(LINE_END, -1);
    if (lines[0].equals(modelDigest)) {
      for (int i = 1; i < lines.length - 1; i++) {
        long index = RowFormat.index(lines[i]);
        if (index >= from) {
          loose.add(index, lines[i] + LINE_END);
        }
      }
    }
    return loose;
  }
}
