package dev.holdfast.bench;

import dev.holdfast.bench.Curve.Point;
import dev.holdfast.bench.Curve.Series;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/**
 * One job of very many items on a model that costs nothing, through a real API and a worker's
 * process: is its time linear, and its memory flat? Each round has a job of a tenth of the items,
 * too. One job more, whose time does not count, has the worker's heap collected after each tenth.
 */
final class LongJob {

  private static final int ITEMS = Integer.getInteger("bench.long", 1_000_000);
  private static final int FEWER_ITEMS = ITEMS / 10;
  private static final long SAMPLE_MILLIS = 20;

  private LongJob() {}

  /** What was seen of one job so many seconds after it was submitted. */
  private record Sample(double seconds, double items, double workerMib, double apiMib) {}

  /**
   * @param heapMib what was live on the worker's heap after each tenth of the items; empty if
   *     nobody asked
   */
  private record Outcome(int items, double seconds, List<Sample> samples, List<Point> heapMib) {

    double perSecond() {
      return items / seconds;
    }

    /** When so much of the job was inferred, between two samples. */
    double secondsAt(double share) {
      Sample before = new Sample(0, 0, 0, 0);
      for (Sample sample : samples) {
        if (sample.items >= share * items) {
          double part = (share * items - before.items) / (sample.items - before.items);
          return before.seconds + part * (sample.seconds - before.seconds);
        }
        before = sample;
      }
      return seconds;
    }

    double at(double share, ToDoubleFunction<Sample> figure) {
      return samples.stream()
          .filter(sample -> sample.items >= share * items)
          .findFirst()
          .map(figure::applyAsDouble)
          .orElseThrow();
    }

    double most(ToDoubleFunction<Sample> figure) {
      return samples.stream().mapToDouble(figure).max().orElseThrow();
    }
  }

  static void run(Path directory, Path log, int rounds, Report report)
      throws IOException, InterruptedException {
    Stack.Commands commands =
        new Stack.Commands(Stack.Commands.USUAL.api(), List.of(NoopWorker.class.getName()));
    List<Outcome> fewer = new ArrayList<>();
    List<Outcome> all = new ArrayList<>();
    try (Stack stack = Stack.start(directory, log, -1, Map.of(), commands)) {
      job(stack, FEWER_ITEMS, false);
      for (int round = 0; round < rounds; round++) {
        fewer.add(job(stack, FEWER_ITEMS, false));
        all.add(job(stack, ITEMS, false));
      }
      report(report, fewer, all);
      collected(report, job(stack, ITEMS, true));
    }
  }

  private static void report(Report report, List<Outcome> fewer, List<Outcome> all) {
    String many = "one job of %,d no-op items".formatted(ITEMS);
    String few = "one job of %,d no-op items".formatted(FEWER_ITEMS);
    report.add(few, figures(fewer, Outcome::perSecond), "items/s");
    report.add(many, figures(all, Outcome::perSecond), "items/s");
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      ratios.add(all.get(i).perSecond() / fewer.get(i).perSecond());
    }
    report.add("items/s, %,d over %,d".formatted(ITEMS, FEWER_ITEMS), ratios, "");
    report.add(many + ", in all", figures(all, Outcome::seconds), "s");
    report.add("first half inferred after", figures(all, o -> o.secondsAt(0.5)), "s");
    report.add(
        "second half inferred after another",
        figures(all, o -> o.secondsAt(1) - o.secondsAt(0.5)),
        "s");
    report.add(
        "second half over first",
        figures(all, o -> (o.secondsAt(1) - o.secondsAt(0.5)) / o.secondsAt(0.5)),
        "");
    memory(report, "worker", all, Sample::workerMib);
    memory(report, "API", all, Sample::apiMib);
  }

  private static void memory(
      Report report, String whose, List<Outcome> all, ToDoubleFunction<Sample> figure) {
    String resident = whose + ", resident memory";
    report.add(resident + " at 10 %", figures(all, o -> o.at(0.1, figure)), "MiB");
    report.add(resident + " at 100 %", figures(all, o -> o.at(1, figure)), "MiB");
    report.add(resident + ", most", figures(all, o -> o.most(figure)), "MiB");
  }

  private static List<Double> figures(List<Outcome> all, ToDoubleFunction<Outcome> figure) {
    return all.stream().mapToDouble(figure).boxed().toList();
  }

  private static void collected(Report report, Outcome outcome) {
    List<Double> heap = outcome.heapMib.stream().map(Point::value).toList();
    report.add("worker, live heap at 10 %", heap.get(0), "MiB");
    report.add("worker, live heap at 100 %", heap.get(heap.size() - 1), "MiB");
    report.add("worker, live heap, most", Collections.max(heap), "MiB");
    report.curve(
        List.of(
            new Series("items inferred", "items", points(outcome, Sample::items)),
            new Series("worker, resident", "MiB", points(outcome, Sample::workerMib)),
            new Series("worker, live heap", "MiB", outcome.heapMib),
            new Series("API, resident", "MiB", points(outcome, Sample::apiMib))));
  }

  private static List<Point> points(Outcome outcome, ToDoubleFunction<Sample> figure) {
    return outcome.samples.stream()
        .map(sample -> new Point(sample.seconds, figure.applyAsDouble(sample)))
        .toList();
  }

  private static String jsonl(int items) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < items; i++) {
      lines.append("\"text ").append(i).append("\"\n");
    }
    return lines.toString();
  }

  private static Outcome job(Stack stack, int items, boolean collect)
      throws IOException, InterruptedException {
    List<Sample> samples = new ArrayList<>();
    List<Point> heapMib = new ArrayList<>();
    CountDownLatch never = new CountDownLatch(1);
    String lines = jsonl(items);
    double before = Double.parseDouble(stack.worker().ask(NoopWorker.ITEMS));
    String id = stack.api.submitFile(lines);
    long from = System.nanoTime();
    boolean inferred = false;
    while (!inferred) {
      double done = Double.parseDouble(stack.worker().ask(NoopWorker.ITEMS)) - before;
      inferred = done >= items;
      double seconds = (System.nanoTime() - from) / 1e9;
      samples.add(
          new Sample(
              seconds, done, stack.worker().residentMib(), stack.apiProcess().residentMib()));
      if (collect && done >= items / 10.0 * (heapMib.size() + 1)) {
        heapMib.add(new Point(seconds, Double.parseDouble(stack.worker().ask(NoopWorker.HEAP))));
      }
      never.await(SAMPLE_MILLIS, TimeUnit.MILLISECONDS);
    }
    JsonObject ended = stack.api.await(id);
    double seconds = (System.nanoTime() - from) / 1e9;
    long rows = ended.getJsonObject("progress").getLong("done");
    if (rows != items || ended.getJsonObject("progress").getLong("failed") != 0) {
      throw new IOException("not every item has its row: " + ended);
    }
    return new Outcome(items, seconds, samples, heapMib);
  }
}
