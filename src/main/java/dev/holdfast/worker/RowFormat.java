package dev.holdfast.worker;

import dev.holdfast.job.JobException;
import dev.holdfast.job.RowEncoding;
import dev.holdfast.job.Tensor;
import io.vertx.core.json.Json;
import org.jspecify.annotations.Nullable;

/** One row of a result as a line of JSONL. */
final class RowFormat {

  private static final String INDEX = "{\"index\":";

  private RowFormat() {}

  /** Appends {@code {"index", "id", "embedding" | "outputs"}} and a line end. */
  static void row(
      Line line,
      @Nullable String id,
      InferenceEngine.Row row,
      RowEncoding encoding,
      StringBuilder out) {
    out.append(INDEX).append(line.index());
    id(id, out);
    if (row instanceof InferenceEngine.Embedding embedding) {
      out.append(",\"embedding\":");
      RowNumbers.write(embedding.vector(), encoding, out);
      out.append("}\n");
    } else if (row instanceof InferenceEngine.Tensors tensors) {
      out.append(",\"outputs\":[");
      String comma = "";
      for (Tensor tensor : tensors.outputs()) {
        out.append(comma);
        RowNumbers.write(tensor, encoding, out);
        comma = ",";
      }
      out.append("]}\n");
    }
  }

  /** Appends {@code {"index", "line", "id", "error": {"code", "message"}}} and a line end. */
  static void error(Line line, @Nullable String id, JobException problem, StringBuilder out) {
    out.append(INDEX).append(line.index()).append(",\"line\":").append(line.number());
    id(id, out);
    out.append(",\"error\":{\"code\":\"").append(problem.error().code());
    out.append("\",\"message\":").append(Json.encode(problem.explanation())).append("}}\n");
  }

  /**
   * The index of a row's item.
   *
   * @throws IllegalArgumentException if the line was not written by {@link #row}
   */
  static long index(String row) {
    int end = row.indexOf(',');
    if (!row.startsWith(INDEX) || !row.endsWith("}") || end < 0) {
      throw new IllegalArgumentException("this is no row");
    }
    return Long.parseLong(row, INDEX.length(), end, 10);
  }

  private static void id(@Nullable String id, StringBuilder out) {
    if (id != null) {
      out.append(",\"id\":").append(Json.encode(id));
    }
  }
}
