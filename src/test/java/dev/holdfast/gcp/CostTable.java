package dev.holdfast.gcp;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What jobs are billed for on Google Cloud, as {@link CostTest} counts it: whoever adds a call to
 * the path of a job changes this table, or the test fails. {@code COSTS.md} shows it.
 */
final class CostTable {

  private static final double MILLION = 1e6;

  /** What happens to a job of a few items, with nobody in its way. */
  enum Step {
    SUBMIT("submitted: record, message, event"),
    WORK("worked on: message, claim, part, end, two events"),
    HEAR("its three events, to each replica of the API"),
    /** Pub/Sub delivers none of them, and bills them all; the emulator knows no filters. */
    FILTER("its three events, kept from each worker by a filter"),
    ASK("asked for, each time"),
    FETCH("its result fetched, each time"),
    FORGET("deleted after seven days");

    private final String title;

    Step(String title) {
      this.title = title;
    }

    Map<Operation, Integer> operations() {
      return switch (this) {
        case SUBMIT -> Map.of(Operation.RECORD_WRITTEN, 1, Operation.PUBLISHED, 2);
        case WORK ->
            Map.of(
                Operation.DELIVERED,
                1,
                Operation.RECORD_READ,
                1,
                Operation.RECORD_WRITTEN,
                2,
                Operation.PUBLISHED,
                2,
                Operation.OBJECT_CREATED,
                1);
        case HEAR, FILTER -> Map.of(Operation.HEARD, 3);
        case ASK -> Map.of(Operation.RECORD_READ, 1);
        case FETCH -> Map.of(Operation.RECORD_READ, 1, Operation.OBJECT_READ, 1);
        case FORGET -> Map.of(Operation.RECORD_READ, 1, Operation.RECORD_DELETED, 1);
      };
    }
  }

  /** What a process does each {@link #IDLE} seconds, whether there are jobs or not. */
  enum Idle {
    API("a replica of the API, and one worker that it lists"),
    WORKER("a worker");

    private final String title;

    Idle(String title) {
      this.title = title;
    }

    /** The least: what is not found is one read, and so is a count of up to 1,000 jobs. */
    Map<Operation, Integer> operations() {
      return switch (this) {
        case API ->
            Map.of(Operation.COUNTED, 3, Operation.QUERIED_IN_VAIN, 2, Operation.ROSTER_READ, 1);
        case WORKER -> Map.of(Operation.ROSTER_WRITTEN, 2);
      };
    }
  }

  /** Seconds. */
  static final int IDLE = 10;

  private static final long IDLES_A_MONTH = 30 * 24 * 3_600 / IDLE;

  /** What an idempotency key adds to a submission: nobody must have used it. */
  static final Map<Operation, Integer> IDEMPOTENCY_KEY = Map.of(Operation.RECORD_READ, 1);

  /** What it is to find a job that nobody moves and to send it on its way. */
  static final Map<Operation, Integer> SENT_AGAIN =
      Map.of(Operation.RECORD_READ, 1, Operation.RECORD_WRITTEN, 2, Operation.PUBLISHED, 1);

  /** Inputs are read, and results fetched, in ranges of so many bytes. */
  static final int CHUNK_BYTES = 256 * 1024;

  /** Inputs up to this size are read twice: before the first item they are counted, for a total. */
  static final long COUNTED_BYTES_MAX = 64L << 20;

  /** From one part to the next: half of the checkpoint span that a tuned policy begins with. */
  private static final int PART_SECONDS = 10;

  /** What a part holds at most when it is cut. */
  private static final int PART_BYTES = 8 << 20;

  private CostTable() {}

  /**
   * One large job, from the upload of its input to its deletion.
   *
   * @param items of the job
   * @param itemBytes of its input a line
   * @param rowBytes of its result a line
   * @param itemsPerSecond inferred
   */
  record Large(String title, long items, long itemBytes, long rowBytes, double itemsPerSecond) {

    private static long ceil(double value) {
      return (long) Math.ceil(value);
    }

    long parts() {
      return Math.max(
          ceil(items / itemsPerSecond / PART_SECONDS),
          ceil((double) items * rowBytes / PART_BYTES));
    }

    /** Created, claimed, moved by each part, and told its progress each second. */
    long writes() {
      return 2 + parts() + ceil(items / itemsPerSecond);
    }

    Map<Operation, Long> operations() {
      Map<Operation, Long> operations = new EnumMap<>(Operation.class);
      long passes = items * itemBytes <= COUNTED_BYTES_MAX ? 2 : 1;
      long parts = parts();
      operations.put(Operation.RECORD_READ, 3L);
      operations.put(Operation.RECORD_WRITTEN, writes());
      operations.put(Operation.RECORD_DELETED, 1L);
      operations.put(Operation.PUBLISHED, 1 + writes());
      operations.put(Operation.DELIVERED, 1L);
      operations.put(Operation.HEARD, 2 * writes());
      operations.put(Operation.OBJECT_CREATED, 1 + parts);
      // the fetch, and the end of the parts
      operations.put(Operation.OBJECTS_LISTED, 2 * ceil(parts / 1_000.0));
      operations.put(
          Operation.OBJECT_READ,
          1
              + passes * ceil((double) items * itemBytes / CHUNK_BYTES)
              + Math.max(parts, ceil((double) items * rowBytes / CHUNK_BYTES)));
      return operations;
    }
  }

  private static final String ROWS_AS_NUMBERS = "rows as JSON numbers, 4.7 KB each";
  private static final String ROWS_AS_BASE64 = "rows as base64, 2.1 KB each";

  static List<Large> larges() {
    return List.of(
        new Large("300 items/s, " + ROWS_AS_NUMBERS, 1_000_000, 150, 4_700, 300),
        new Large("300 items/s, " + ROWS_AS_BASE64, 1_000_000, 150, 2_100, 300),
        new Large("5,000 items/s, " + ROWS_AS_BASE64, 1_000_000, 150, 2_100, 5_000));
  }

  static <N extends Number> double dollars(Map<Operation, N> operations) {
    return operations.entrySet().stream()
        .mapToDouble(count -> count.getKey().unit().dollars() * count.getValue().doubleValue())
        .sum();
  }

  /** All tables, as Markdown. */
  static String markdown() {
    List<String> lines = new ArrayList<>();
    head(lines, "each small job", "a million jobs");
    Map<Operation, Integer> sum = new EnumMap<>(Operation.class);
    for (Step step : Step.values()) {
      Map<Operation, Integer> operations = step.operations();
      lines.add(row(step.title, operations, dollars(operations) * MILLION));
      operations.forEach((operation, times) -> sum.merge(operation, times, Integer::sum));
    }
    double key = dollars(IDEMPOTENCY_KEY) * MILLION;
    lines.add(row("an `Idempotency-Key` adds", IDEMPOTENCY_KEY, key));
    lines.add(row("**all of it once, without a key**", sum, dollars(sum) * MILLION));
    lines.add("");
    head(lines, "one job of a million items, all of it once", "the job");
    for (Large large : larges()) {
      lines.add(row(large.title, large.operations(), dollars(large.operations())));
    }
    lines.add("");
    head(lines, "each 10 s, whether there are jobs or not", "30 days of it");
    for (Idle idle : Idle.values()) {
      Map<Operation, Integer> operations = idle.operations();
      lines.add(row(idle.title, operations, dollars(operations) * IDLES_A_MONTH));
    }
    return String.join("\n", lines) + "\n";
  }

  private static List<Unit> columns() {
    return Arrays.stream(Unit.values()).filter(unit -> unit != Unit.FREE).toList();
  }

  private static void head(List<String> lines, String what, String priced) {
    String titles = columns().stream().map(Unit::title).collect(Collectors.joining(" | "));
    lines.add("| %s | %s | USD for %s |".formatted(what, titles, priced));
    lines.add("|---" + "|---:".repeat(columns().size() + 1) + "|");
  }

  private static <N extends Number> String row(
      String title, Map<Operation, N> operations, double dollars) {
    String counts =
        columns().stream()
            .map(unit -> count(operations, unit))
            .map(count -> count == 0 ? "" : String.format(Locale.ROOT, "%,d", count))
            .collect(Collectors.joining(" | "));
    String price = String.format(Locale.ROOT, dollars < 0.1 ? "%.3f" : "%.2f", dollars);
    return "| %s | %s | %s |".formatted(title, counts, price);
  }

  private static <N extends Number> long count(Map<Operation, N> operations, Unit unit) {
    return operations.entrySet().stream()
        .filter(count -> count.getKey().unit() == unit)
        .mapToLong(count -> count.getValue().longValue())
        .sum();
  }
}
