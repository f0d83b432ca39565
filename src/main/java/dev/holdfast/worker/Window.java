package dev.holdfast.worker;

import dev.holdfast.job.Item;
import dev.holdfast.job.ItemFormat;
import dev.holdfast.job.JobException;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.RowEncoding;
import dev.holdfast.worker.InferenceEngine.Row;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A few consecutive lines of one job on their way through the batcher. Each line is settled once,
 * from whatever thread knows its fate; the last one sends the window to be rendered.
 */
final class Window {

  /**
   * A window's rows, ready for a part.
   *
   * @param rows one line of JSONL an item, in order
   * @param failed how many of them are errors
   */
  record Rendered(Buffer rows, int items, int failed, Line last) {}

  private static final int STEPS = 8;

  private final List<Line> lines;
  private final RowEncoding encoding;
  private final @Nullable String[] ids;
  private final AtomicReferenceArray<@Nullable Object> fates;
  private final AtomicInteger unsettled;
  private final Promise<Rendered> done = Promise.promise();
  private final IntConsumer settledSome;
  private final int step;
  private volatile boolean urgent;
  private volatile boolean cancelled;

  /**
   * @param lines not empty
   * @param encoding of the rows
   * @param settledSome told now and then how many further lines were settled, on whatever thread
   *     settled them; the last few are told by the future instead
   */
  Window(List<Line> lines, RowEncoding encoding, IntConsumer settledSome) {
    this.lines = lines;
    this.encoding = encoding;
    this.settledSome = settledSome;
    this.step = Math.max(1, lines.size() / STEPS);
    this.ids = new String[lines.size()];
    this.fates = new AtomicReferenceArray<>(lines.size());
    this.unsettled = new AtomicInteger(lines.size());
  }

  Future<Rendered> future() {
    return done.future();
  }

  int items() {
    return lines.size();
  }

  /** Nobody wants the rows any more: what has not been inferred will not be. */
  void cancel() {
    cancelled = true;
    fail(new CancellationException("the window was cancelled"));
  }

  /** How many of its lines are settled. */
  int settled() {
    return lines.size() - unsettled.get();
  }

  boolean cancelled() {
    return cancelled;
  }

  /** Its items are inferred before those of others; before it is handed over. */
  void hurry() {
    urgent = true;
  }

  boolean urgent() {
    return urgent;
  }

  /** Takes the rows that there are for its lines; before it is handed over. */
  void give(LooseRows rows) {
    for (int i = 0; i < lines.size(); i++) {
      String row = rows.take(lines.get(i).index());
      if (row != null) {
        fates.set(i, row);
      }
    }
  }

  /** Adds the rows that there are to those of an attempt; once it is cancelled. */
  void loose(LooseRows rows) {
    for (int i = 0; i < lines.size(); i++) {
      Line line = lines.get(i);
      if (fates.get(i) instanceof Row row) {
        StringBuilder out = new StringBuilder();
        RowFormat.row(line, ids[i], row, encoding, out);
        rows.add(line.index(), out.toString());
      } else if (fates.get(i) instanceof String given) {
        rows.add(line.index(), given);
      }
    }
  }

  /**
   * Reads line {@code i}, or returns null if there is nothing to infer: it has its row or error.
   */
  @Nullable Item parse(int i, ModelSpec.Kind kind) {
    if (fates.get(i) != null) {
      return null;
    }
    Line line = lines.get(i);
    JobException problem = line.problem();
    String text = line.text();
    if (problem != null || text == null) {
      fates.set(i, problem);
      return null;
    }
    try {
      Item item = ItemFormat.parse(kind, text);
      ids[i] = item.id();
      return item;
    } catch (JobException e) {
      fates.set(i, e);
      return null;
    }
  }

  /**
   * Settles line {@code i} with its row, its error, or the error it already has.
   *
   * @return whether it was the last one
   */
  boolean settle(int i, @Nullable Object rowOrError) {
    if (rowOrError != null) {
      fates.set(i, rowOrError);
    }
    int left = unsettled.decrementAndGet();
    if (left > 0 && left % step == 0) {
      settledSome.accept(step);
    }
    return left == 0;
  }

  /** Ends the window without rows. */
  void fail(Throwable cause) {
    done.tryFail(cause);
  }

  /** Writes the rows; called once, after every line was settled. */
  void render() {
    int failed = 0;
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      Object fate = fates.get(i);
      if (fate instanceof Row row) {
        RowFormat.row(lines.get(i), ids[i], row, encoding, out);
      } else if (fate instanceof String given) {
        out.append(given);
      } else {
        RowFormat.error(lines.get(i), ids[i], (JobException) fate, out);
        failed++;
      }
    }
    done.tryComplete(
        new Rendered(
            Buffer.buffer(out.toString()), lines.size(), failed, lines.get(lines.size() - 1)));
  }
}
