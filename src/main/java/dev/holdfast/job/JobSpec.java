package dev.holdfast.job;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the client asked for. It never changes after the job was created.
 *
 * @param model the name of a declared model
 * @param labels the client's own names and values, for filters
 * @param failuresMax how many failures of the application's fault end the job
 * @param deadline when the job is failed if it has not ended, or null
 * @param fingerprint SHA-256 of the submitted body in hex if the client sent an idempotency key
 * @param traceparent of the request that made the job, as in W3C Trace Context, or null
 * @param webhook the URL that is told of the job's end, or null
 * @param encoding of the numbers in its rows
 */
public record JobSpec(
    String model,
    Input input,
    Map<String, String> labels,
    int failuresMax,
    @Nullable Instant deadline,
    @Nullable String fingerprint,
    @Nullable String traceparent,
    @Nullable String webhook,
    RowEncoding encoding) {

  public static final int FAILURES_MAX_DEFAULT = 3;

  /** How many evictions a job may survive; bounded, so that no job circles for ever. */
  public static final int INTERRUPTIONS_MAX = 1_000;

  public JobSpec {
    labels = Map.copyOf(labels);
    encoding = RowEncoding.orJson(encoding);
  }

  /** A specification that belongs to no trace, whose end nobody is told of, with rows in JSON. */
  public JobSpec(
      String model,
      Input input,
      Map<String, String> labels,
      int failuresMax,
      @Nullable Instant deadline,
      @Nullable String fingerprint) {
    this(model, input, labels, failuresMax, deadline, fingerprint, null, null, RowEncoding.JSON);
  }

  /** Where the items are. Every form is JSONL: one item a line. */
  public sealed interface Input permits Inline, Stored, External {}

  /**
   * A few small items that travel with the record.
   *
   * @param lines one JSON value a line, each line ended by {@code \n}
   * @param items how many lines
   */
  public record Inline(String lines, int items) implements Input {}

  /**
   * An object in Holdfast's own store.
   *
   * @param items how many items it holds, or null if nobody has counted
   */
  public record Stored(String key, long bytes, @Nullable Integer items) implements Input {}

  /**
   * Something of the user's own that Holdfast only reads.
   *
   * @param uri {@code file:} under the configured root, or {@code gs:} in an allowed bucket
   * @param revision what the source called this state of it; it must still be so when it is read
   */
  public record External(String uri, long bytes, String revision) implements Input {}
}
