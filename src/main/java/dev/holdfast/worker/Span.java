package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rows between two checkpoints: they become one part. Not thread-safe; lives on the attempt's
 * loop.
 */
final class Span {

  private static final String ITEMS = "items";
  private static final String FAILED = "failed";
  private static final String NEXT_OFFSET = "next-offset";
  private static final String NEXT_LINE = "next-line";
  static final String MODEL_DIGEST = "model-digest";
  private static final String LAST = "last";

  private final Job.Checkpoint from;
  private final Clocked clock;
  private final List<Buffer> rows = new ArrayList<>();
  private final long sinceNanos;
  private long items;
  private long failed;
  private long bytes;
  private long nextOffset;
  private long nextLine;

  /**
   * @param from the checkpoint that the span's first item begins at
   */
  Span(Job.Checkpoint from, Clocked clock) {
    this.from = from;
    this.clock = clock;
    this.sinceNanos = clock.nanos();
    this.nextOffset = from.inputOffset();
    this.nextLine = from.nextLine();
  }

  void add(Window.Rendered window) {
    rows.add(window.rows());
    items += window.items();
    failed += window.failed();
    bytes += window.rows().length();
    nextOffset = window.last().endOffset();
    nextLine = window.last().number() + 1;
  }

  boolean isEmpty() {
    return items == 0;
  }

  long items() {
    return items;
  }

  long bytes() {
    return bytes;
  }

  long ageNanos() {
    return clock.nanos() - sinceNanos;
  }

  Job.Checkpoint from() {
    return from;
  }

  /** The checkpoint behind the span. */
  Job.Checkpoint to() {
    return isEmpty()
        ? from
        : new Job.Checkpoint(
            from.nextItem() + items,
            nextOffset,
            nextLine,
            from.parts() + 1,
            from.bytes() + bytes,
            from.failed() + failed);
  }

  /** The rows are kept elsewhere: their memory is free from now on. */
  void drop() {
    rows.clear();
  }

  /** The part's content; nobody may have dropped it. */
  Buffer content() {
    Buffer content = Buffer.buffer((int) bytes);
    rows.forEach(content::appendBuffer);
    return content;
  }

  /**
   * What the part says of itself, so that an attempt that finds it can adopt it without reading the
   * input again.
   *
   * @param last whether the input ends behind it
   */
  Map<String, String> metadata(String modelDigest, boolean last) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(ITEMS, Long.toString(items));
    metadata.put(FAILED, Long.toString(failed));
    metadata.put(NEXT_OFFSET, Long.toString(nextOffset));
    metadata.put(NEXT_LINE, Long.toString(nextLine));
    metadata.put(MODEL_DIGEST, modelDigest);
    metadata.put(LAST, Boolean.toString(last));
    return metadata;
  }

  /** What the record says when this is the newest that was gathered. */
  Job.Progress progress(@Nullable Long total) {
    Job.Checkpoint reached = to();
    return new Job.Progress(reached.nextItem(), reached.failed(), total);
  }

  /**
   * A part that was found in the store.
   *
   * @param to the checkpoint behind it
   */
  record Found(Job.Checkpoint to, String modelDigest, boolean last) {

    /** Reads a part's metadata, or returns null if no Holdfast worker wrote it. */
    static @Nullable Found of(Job.Checkpoint from, long bytes, Map<String, String> metadata) {
      String digest = metadata.get(MODEL_DIGEST);
      try {
        return digest == null
            ? null
            : new Found(
                new Job.Checkpoint(
                    from.nextItem() + number(metadata, ITEMS),
                    number(metadata, NEXT_OFFSET),
                    number(metadata, NEXT_LINE),
                    from.parts() + 1,
                    from.bytes() + bytes,
                    from.failed() + number(metadata, FAILED)),
                digest,
                Boolean.parseBoolean(metadata.get(LAST)));
      } catch (NumberFormatException e) {
        return null;
      }
    }

    private static long number(Map<String, String> metadata, String key) {
      return Long.parseLong(metadata.getOrDefault(key, ""));
    }
  }
}
