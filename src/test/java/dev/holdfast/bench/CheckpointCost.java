package dev.holdfast.bench;

import dev.holdfast.Sentences;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What checkpoints cost: one job's throughput with them over that without. Each way has an API and
 * a worker of its own, all up at once and all workers on core 0; the ways take turns in every
 * round, on the same texts. "Without" is a span that is longer than the job, which leaves the parts
 * that the bound on their size makes.
 */
final class CheckpointCost {

  private static final int ITEMS = Integer.getInteger("bench.checkpoint", 50_000);
  private static final int WARM_UP_ITEMS = 1_000;

  /** Short texts, so that a job of many items is soon over. */
  private static final int CHARS = 30;

  /** The first is "without". */
  private static final List<String> SPANS = List.of("5m", "auto", "5s", "1s");

  private CheckpointCost() {}

  private record Way(String span, Stack stack, List<Outcome> outcomes) {
    List<Double> all(ToDoubleFunction<Outcome> figure) {
      return outcomes.stream().mapToDouble(figure).boxed().toList();
    }
  }

  static void run(Path directory, Path log, int rounds, Report report)
      throws IOException, InterruptedException {
    List<Way> ways = new ArrayList<>();
    try {
      for (String span : SPANS) {
        Map<String, String> settings = Map.of("HOLDFAST_CHECKPOINT", span);
        Stack stack = Stack.start(directory.resolve(span), log, 0, settings);
        ways.add(new Way(span, stack, new ArrayList<>()));
        job(stack, 0, WARM_UP_ITEMS);
      }
      for (int round = 0; round < rounds; round++) {
        List<Way> turns = new ArrayList<>(ways);
        Collections.rotate(turns, round);
        for (Way way : turns) {
          way.outcomes.add(job(way.stack, (long) round * ITEMS, ITEMS));
        }
      }
      report(report, ways);
    } finally {
      ways.forEach(way -> way.stack.close());
    }
  }

  private static void report(Report report, List<Way> ways) {
    for (Way way : ways) {
      String job = "one job of %d short texts, span %s".formatted(ITEMS, way.span);
      report.add(job, way.all(o -> ITEMS / o.seconds()), "texts/s");
      report.add(job + ", parts", way.all(Outcome::parts), "");
    }
    Way without = ways.get(0);
    for (Way with : ways.subList(1, ways.size())) {
      List<Double> ratios = new ArrayList<>();
      List<Double> cuts = new ArrayList<>();
      for (int i = 0; i < with.outcomes.size(); i++) {
        Outcome more = with.outcomes.get(i);
        Outcome less = without.outcomes.get(i);
        ratios.add(less.seconds() / more.seconds());
        if (more.parts() != less.parts()) {
          cuts.add(1_000 * (more.cpuSeconds() - less.cpuSeconds()) / (more.parts() - less.parts()));
        }
      }
      report.add("span %s over %s".formatted(with.span, without.span), ratios, "");
      if (!cuts.isEmpty()) {
        report.add("span %s, processor time of one more cut".formatted(with.span), cuts, "ms");
      }
    }
  }

  private record Outcome(double seconds, double cpuSeconds, double parts) {}

  private static Outcome job(Stack stack, long first, int items)
      throws IOException, InterruptedException {
    StringBuilder lines = new StringBuilder();
    for (long i = first; i < first + items; i++) {
      String sentence = Sentences.at(i);
      lines.append('"').append(sentence, 0, Math.min(sentence.length(), CHARS));
      lines.append(' ').append(i).append("\"\n");
    }
    double cpu = stack.worker().cpuSeconds();
    long from = System.nanoTime();
    JsonObject ended = stack.api.await(stack.api.submitFile(lines.toString()));
    double seconds = (System.nanoTime() - from) / 1e9;
    return new Outcome(
        seconds, stack.worker().cpuSeconds() - cpu, ended.getJsonObject("result").getLong("parts"));
  }
}
