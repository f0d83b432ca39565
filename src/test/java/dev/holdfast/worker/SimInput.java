package dev.holdfast.worker;

import dev.holdfast.job.JobError;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.RowEncoding;
import dev.holdfast.world.ScriptedEngine;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one simulated job is given to do, and what must come of it whatever happens.
 *
 * @param bytes of the object or file, or null if there is none where the spec points to
 * @param rows the result's lines in order, as far as they are known beforehand
 * @param hopeless why the job must fail, or null if it must not
 */
record SimInput(
    JobSpec.Input input, @Nullable Buffer bytes, List<String> rows, @Nullable JobError hopeless) {

  private enum Kind {
    INLINE,
    STORED,
    EXTERNAL,
    MISSING,
    BLANK,
    KILLER
  }

  static final String REVISION = "1";

  /** A text that no process survives. */
  static final String LETHAL = "lethal";

  static SimInput draw(SimWorld world, String name) {
    Kind kind = kind(world.below(40));
    int items = world.between(1, 12);
    StringBuilder lines = new StringBuilder();
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < items && kind != Kind.BLANK; i++) {
      lines.append(line(world, name, i, rows)).append('\n');
      if (kind != Kind.INLINE && world.chance(0.1)) {
        lines.append(" \n");
      }
    }
    if (kind == Kind.BLANK) {
      lines.append("\n \n");
    }
    Buffer bytes = Buffer.buffer(lines.toString());
    String key = "inputs/" + name + ".jsonl";
    return switch (kind) {
      case INLINE -> new SimInput(new JobSpec.Inline(lines.toString(), items), null, rows, null);
      case KILLER -> {
        lines.append('"').append(LETHAL).append("\"\n");
        yield new SimInput(
            new JobSpec.Inline(lines.toString(), items + 1), null, rows, JobError.WORKER_LOST);
      }
      case STORED -> {
        Integer counted = world.chance(0.5) ? items : null;
        yield new SimInput(new JobSpec.Stored(key, bytes.length(), counted), bytes, rows, null);
      }
      case EXTERNAL ->
          new SimInput(
              new JobSpec.External("file:/" + name, bytes.length(), REVISION), bytes, rows, null);
      case MISSING ->
          new SimInput(
              new JobSpec.Stored(key, bytes.length(), null),
              null,
              List.of(),
              JobError.INPUT_NOT_FOUND);
      case BLANK ->
          new SimInput(
              new JobSpec.External("file:/" + name, bytes.length(), REVISION),
              bytes,
              List.of(),
              JobError.EMPTY_INPUT);
    };
  }

  private static Kind kind(int draw) {
    if (draw < 15) {
      return Kind.INLINE;
    } else if (draw < 25) {
      return Kind.STORED;
    } else if (draw < 35) {
      return Kind.EXTERNAL;
    }
    return draw < 37 ? Kind.MISSING : draw < 39 ? Kind.BLANK : Kind.KILLER;
  }

  private static String line(SimWorld world, String name, int index, List<String> rows) {
    if (world.chance(0.08)) {
      rows.add("{\"index\":%d,\"line\":".formatted(index));
      return "{not json";
    }
    String text = name + " item " + index;
    StringBuilder row = new StringBuilder();
    InferenceEngine.Embedding embedding =
        new InferenceEngine.Embedding(ScriptedEngine.vector(text));
    RowFormat.row(new Line(index, 0, 0, text, null), null, embedding, RowEncoding.JSON, row);
    rows.add(row.toString().strip());
    return "\"" + text + "\"";
  }

  /** The lines of the result that {@code content} holds, checked from the row {@code from} on. */
  boolean matches(int from, Buffer content) {
    String[] found = content.toString(StandardCharsets.UTF_8).split("\n", -1);
    for (int i = 0; i + 1 < found.length; i++) {
      if (from + i >= rows.size() || !found[i].startsWith(rows.get(from + i))) {
        return false;
      }
    }
    return found.length > 1;
  }
}
