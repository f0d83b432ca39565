package dev.holdfast.bench;

import dev.holdfast.Sentences;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The macro benchmark. The worker and the bare loop are pinned to core 0, the API and this load to
 * core 1; their rounds take turns in one run, on the same sentences. Prints a table and writes CSV.
 *
 * <p>Arguments: {@code model-directory csv-file section…}, the sections being {@code bulk}, {@code
 * small}, {@code submit}, {@code noop}, {@code emulators}, {@code events}, {@code memory}, {@code
 * checkpoint} and {@code start}.
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
  private final Report report = new Report();
  private final Path directory;

  private Bench(Path model) throws IOException {
    this.model = model;
    this.directory = Files.createTempDirectory("holdfast-bench");
  }

  public static void main(String[] arguments) throws Exception {
    List<String> sections = Arrays.asList(arguments).subList(2, arguments.length);
    Bench bench = new Bench(Path.of(arguments[0]));
    System.out.printf(
        "%s, %d processors, Java %s; load average %.1f%n",
        System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors(),
        Runtime.version(),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    if (sections.contains("start")) {
      bench.start();
    }
    if (sections.contains("bulk") || sections.contains("small")) {
      bench.path(sections.contains("bulk"), sections.contains("small"));
    }
    if (sections.contains("submit")) {
      bench.submit();
    }
    if (sections.contains("noop")) {
      NoopJobs.run(bench.directory.resolve("noop"), bench.report);
    }
    if (sections.contains("emulators")) {
      EmulatorJobs.run(bench.directory.resolve("emulators"), bench.log(), bench.report);
    }
    if (sections.contains("checkpoint")) {
      CheckpointCost.run(bench.directory.resolve("checkpoint"), bench.log(), ROUNDS, bench.report);
    }
    if (sections.contains("events")) {
      EventSockets.run(bench.directory.resolve("events"), bench.log(), bench.report);
    }
    if (sections.contains("memory")) {
      bench.memory();
    }
    bench.report.write(Path.of(arguments[1]));
    System.out.println("written to " + arguments[1] + "; logs are in " + bench.directory);
  }

  private Path log() {
    return directory.resolve("processes.log");
  }

  private static String jsonl(long first, int count) {
    return LongStream.range(first, first + count)
        .mapToObj(i -> "\"" + Sentences.at(i) + "\"\n")
        .collect(Collectors.joining());
  }

  private interface Round {
    double seconds(long first) throws IOException, InterruptedException, ExecutionException;
  }

  /** The full path against the bare loop. */
  private void path(boolean bulk, boolean small)
      throws IOException, InterruptedException, ExecutionException {
    try (Child bare =
            Child.start(
                0,
                Map.of(),
                log(),
                Stack.WORKER_FLAGS,
                List.of(BareLoop.class.getName(), model.toString()));
        Stack stack = Stack.start(directory.resolve("path"), log(), 0)) {
      bare.answer();
      bare.ask("900000 " + WARM_UP_ITEMS);
      stack.api.await(stack.api.submitFile(jsonl(900_000, WARM_UP_ITEMS)));
      if (bulk) {
        compare(
            "one job of " + BULK_ITEMS + " sentences",
            BULK_ITEMS,
            bare,
            first -> {
              String lines = jsonl(first, BULK_ITEMS);
              long from = System.nanoTime();
              stack.api.await(stack.api.submitFile(lines));
              return (System.nanoTime() - from) / 1e9;
            });
      }
      if (small) {
        smallJobs(stack, 800_000, WARM_UP_JOBS);
        compare(
            SMALL_JOBS + " jobs of one sentence",
            SMALL_JOBS,
            bare,
            first -> smallJobs(stack, first, SMALL_JOBS));
      }
      report.add(
          "resident memory of the worker under load", (double) stack.worker().residentMib(), "MiB");
    }
  }

  private void compare(String what, int items, Child bare, Round full)
      throws IOException, InterruptedException, ExecutionException {
    List<Double> bareRates = new ArrayList<>();
    List<Double> fullRates = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      long first = (long) round * items;
      double before = Double.parseDouble(bare.ask(first + " " + items / 2));
      double seconds = full.seconds(first);
      double after = Double.parseDouble(bare.ask((first + items / 2) + " " + (items - items / 2)));
      bareRates.add(items / (before + after));
      fullRates.add(items / seconds);
      ratios.add((before + after) / seconds);
    }
    report.add(what + ", bare loop", bareRates, "sentences/s");
    report.add(what + ", full path", fullRates, "sentences/s");
    report.add(what + ", full path over bare loop", ratios, "");
  }

  private static double smallJobs(Stack stack, long first, int jobs)
      throws IOException, InterruptedException, ExecutionException {
    long complete = stack.api.complete();
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
    while (stack.api.complete() < complete + jobs) {
      synchronized (pause) {
        pause.wait(50);
      }
    }
    return (System.nanoTime() - from) / 1e9;
  }

  /** Submits, with nobody working on them. */
  private void submit() throws IOException, InterruptedException {
    try (Stack stack = Stack.start(directory.resolve("submit"), log(), -1)) {
      stack.stopWorker();
      try (SubmitLoad load = new SubmitLoad(stack.port)) {
        load.flatOut(5_000);
        List<SubmitLoad.Outcome> flatOut = new ArrayList<>();
        List<SubmitLoad.Outcome> paced = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
          flatOut.add(load.flatOut(10_000));
          paced.add(load.paced(5_000, 500));
        }
        add("submit, flat out", flatOut, SubmitLoad.Outcome::perSecond, "requests/s");
        add("submit, flat out, p50", flatOut, SubmitLoad.Outcome::p50Millis, "ms");
        add("submit, flat out, p99", flatOut, SubmitLoad.Outcome::p99Millis, "ms");
        add("submit at 500/s, p50", paced, SubmitLoad.Outcome::p50Millis, "ms");
        add("submit at 500/s, p99", paced, SubmitLoad.Outcome::p99Millis, "ms");
        add("submits refused", flatOut, o -> (double) o.refused(), "");
      }
    }
  }

  private void add(
      String name,
      List<SubmitLoad.Outcome> outcomes,
      Function<SubmitLoad.Outcome, Double> figure,
      String unit) {
    report.add(name, outcomes.stream().map(figure).toList(), unit);
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
