package dev.holdfast.bench;

import dev.holdfast.Sentences;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The macro benchmark, see {@code bench/README.md}. The worker and the bare loop are pinned to core
 * 0, the API and this load to core 1; their rounds take turns in one run, on the same sentences.
 * Prints a table and writes CSV and a plot for each section.
 *
 * <p>Arguments: {@code model-directory output-directory section…}.
 */
final class Bench {

  private static final int ROUNDS = Integer.getInteger("bench.rounds", 3);
  private static final int BULK_ITEMS = Integer.getInteger("bench.bulk", 20_000);
  private static final int SMALL_JOBS = Integer.getInteger("bench.small", 5_000);
  private static final int MEMORY_ITEMS = Integer.getInteger("bench.memory", 200_000);
  private static final int WARM_UP_ITEMS = 1_500;
  private static final int WARM_UP_JOBS = 3_000;
  private static final int SUBMITS_AT_ONCE = 32;

  private final Path model;
  private final Report report;
  private final Path directory;

  private Bench(Path model, Report report) throws IOException {
    this.model = model;
    this.report = report;
    this.directory = Files.createTempDirectory("holdfast-bench");
  }

  private interface Section {
    void run() throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    Environment environment = Environment.here();
    Report report = new Report(Path.of(arguments[1]), environment);
    Bench bench = new Bench(Path.of(arguments[0]), report);
    Map<String, Section> sections = bench.sections();
    List<String> wanted = Arrays.asList(arguments).subList(2, arguments.length);
    if (!sections.keySet().containsAll(wanted)) {
      throw new IllegalArgumentException(wanted + " are not all among " + sections.keySet());
    }
    System.out.println(environment.line());
    for (Map.Entry<String, Section> section : sections.entrySet()) {
      if (wanted.contains(section.getKey())) {
        report.table(section.getKey());
        section.getValue().run();
        report.write();
      }
    }
    System.out.println("written to " + arguments[1] + "; logs are in " + bench.directory);
  }

  /** In the order in which they run. */
  private Map<String, Section> sections() {
    Map<String, Section> sections = new LinkedHashMap<>();
    sections.put("start", this::start);
    sections.put("bulk", this::bulk);
    sections.put("small", () -> small("small", Same.CORE));
    sections.put("bulk-threads", () -> bulkThreads("bulk-threads"));
    sections.put("small-threads", () -> small("small-threads", Same.THREADS));
    sections.put("submit", () -> Submits.run(directory.resolve("submit"), log(), ROUNDS, report));
    sections.put("noop", () -> NoopJobs.run(directory.resolve("noop"), report));
    sections.put("queued", () -> QueuedJobs.run(directory.resolve("queued"), report));
    sections.put("long", () -> LongJob.run(directory.resolve("long"), log(), ROUNDS, report));
    sections.put(
        "emulators", () -> EmulatorJobs.run(directory.resolve("emulators"), log(), report));
    sections.put("emulators-small", () -> emulatorsSmall(Same.CORE));
    sections.put("emulators-small-threads", () -> emulatorsSmall(Same.THREADS));
    sections.put("peer", () -> SpringPeer.run(directory.resolve("peer"), log(), model, report));
    sections.put(
        "checkpoint", () -> CheckpointCost.run(directory.resolve("checkpoint"), log(), report));
    sections.put("events", () -> EventSockets.run(directory.resolve("events"), log(), report));
    sections.put("memory", this::memory);
    return sections;
  }

  private void emulatorsSmall(Same same) throws Exception {
    EmulatorSentences.run(directory.resolve("sentences"), log(), model, same, report);
  }

  private Path log() {
    return directory.resolve("processes.log");
  }

  private static String jsonl(long first, int count) {
    return LongStream.range(first, first + count)
        .mapToObj(i -> "\"" + Sentences.at(i) + "\"\n")
        .collect(Collectors.joining());
  }

  /** The worker's batches are bounded as the loop's are. */
  private Map<String, String> settings() throws IOException {
    Path models = directory.resolve("models.yaml");
    Files.writeString(
        models,
        """
        models:
          - name: %s
            location: "%s"
            kind: text-embedding
            device: cpu
            lanes: 1
            batch: {items: %d, tokens: %d, delay: 5ms}
        """
            .formatted(
                Api.MODEL,
                model.toAbsolutePath(),
                BareLoop.BATCH_ITEMS_MAX,
                BareLoop.BATCH_TOKENS_MAX));
    return Map.of("HOLDFAST_MODELS", models.toString());
  }

  private Stack stack(String name, Same same) throws IOException, InterruptedException {
    return Stack.start(directory.resolve(name), log(), same.core(), settings());
  }

  private void bulk() throws IOException, InterruptedException {
    BulkSideBySide.run(
        Files.createDirectory(directory.resolve("bulk")),
        log(),
        model,
        settings(),
        BULK_ITEMS,
        report);
  }

  /** The full path against the bare loop: one large job. */
  private void bulkThreads(String name)
      throws IOException, InterruptedException, ExecutionException {
    Same same = Same.THREADS;
    try (BareComparison bare = bare(same);
        Stack stack = stack(name, same)) {
      warmUp(bare, stack);
      bare.with(
          "one job of %d sentences, %s".formatted(BULK_ITEMS, same.words()),
          BULK_ITEMS,
          stack.worker(),
          first -> {
            String lines = jsonl(first, BULK_ITEMS);
            long from = System.nanoTime();
            stack.api.await(stack.api.submitFile(lines));
            return (System.nanoTime() - from) / 1e9;
          });
      report.add("resident memory of the worker", (double) stack.worker().residentMib(), "MiB");
    }
  }

  /** The full path against the bare loop: many small jobs. */
  private void small(String name, Same same)
      throws IOException, InterruptedException, ExecutionException {
    try (BareComparison bare = bare(same);
        Stack stack = stack(name, same)) {
      warmUp(bare, stack);
      smallJobs(stack, 800_000, WARM_UP_JOBS);
      bare.with(
          "%d jobs of one sentence, %s".formatted(SMALL_JOBS, same.words()),
          SMALL_JOBS,
          stack.worker(),
          first -> smallJobs(stack, first, SMALL_JOBS));
      report.add("resident memory of the worker", (double) stack.worker().residentMib(), "MiB");
    }
  }

  private BareComparison bare(Same same) throws IOException {
    return BareComparison.start(model, same.core(), log(), report);
  }

  private static void warmUp(BareComparison bare, Stack stack)
      throws IOException, InterruptedException {
    bare.warmUp(WARM_UP_ITEMS);
    stack.api.await(stack.api.submitFile(jsonl(900_000, WARM_UP_ITEMS)));
  }

  private static double smallJobs(Stack stack, long first, int jobs)
      throws IOException, InterruptedException, ExecutionException {
    Semaphore free = new Semaphore(SUBMITS_AT_ONCE);
    List<CompletableFuture<Integer>> answers = new ArrayList<>();
    long from = System.nanoTime();
    for (int i = 0; i < jobs; i++) {
      free.acquire();
      CompletableFuture<Integer> answer = stack.api.submitText(Sentences.at(first + i));
      answers.add(answer.whenComplete((status, failure) -> free.release()));
    }
    for (CompletableFuture<Integer> answer : answers) {
      if (answer.get() != 202) {
        throw new IOException("a submit was answered with " + answer.get());
      }
    }
    Object pause = new Object();
    while (!stack.api.allComplete()) {
      synchronized (pause) {
        pause.wait(50);
      }
    }
    return (System.nanoTime() - from) / 1e9;
  }

  /** Resident memory along one large job. */
  private void memory() throws IOException, InterruptedException {
    try (Stack stack = Stack.start(directory.resolve("memory"), log(), -1)) {
      StringBuilder lines = new StringBuilder();
      for (int i = 0; i < MEMORY_ITEMS; i++) {
        String sentence = Sentences.at(i);
        int end = Math.min(sentence.length(), 30);
        lines.append('"').append(sentence, 0, end).append(' ').append(i).append("\"\n");
      }
      String id = stack.api.submitFile(lines.toString());
      long tenth = 0;
      long most = 0;
      while (true) {
        JsonObject job = stack.api.get("/v1/jobs/" + id + "?wait=1s");
        long done = job.getJsonObject("progress").getLong("done");
        most = Math.max(most, stack.worker().residentMib());
        if (tenth == 0 && done >= MEMORY_ITEMS / 10) {
          tenth = stack.worker().residentMib();
        }
        if (job.getString("state").equals("complete")) {
          break;
        }
      }
      report.add("resident memory at 10 % of " + MEMORY_ITEMS + " items", (double) tenth, "MiB");
      report.add("resident memory at 100 %", (double) stack.worker().residentMib(), "MiB");
      report.add("resident memory, most", (double) most, "MiB");
    }
  }

  /** From the start of a worker's process to the first job it completes. */
  private void start() throws IOException, InterruptedException {
    List<Double> seconds = new ArrayList<>();
    try (Stack stack = Stack.start(directory.resolve("start"), log(), -1)) {
      for (int round = 0; round < ROUNDS; round++) {
        stack.stopWorker();
        String id = stack.api.submitFile("\"" + Sentences.at(round) + "\"\n");
        long from = System.nanoTime();
        stack.restartWorker();
        stack.api.await(id);
        seconds.add((System.nanoTime() - from) / 1e9);
      }
    }
    report.add("worker's process start to its first result", seconds, "s");
  }
}
