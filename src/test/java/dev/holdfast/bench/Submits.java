package dev.holdfast.bench;

import dev.holdfast.bench.SubmitLoad.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Submits, with nobody working on them: flat out and at fixed rates, which take turns. */
final class Submits {

  private static final int WARM_UP_REQUESTS = 5_000;
  private static final int REQUESTS = 10_000;
  private static final int PACED_SECONDS = 10;

  private Submits() {}

  /**
   * @param bytes that the API allocated for a request, by round
   */
  private record Way(String name, int perSecond, List<Outcome> outcomes, List<Double> bytes) {

    Way(String name, int perSecond) {
      this(name, perSecond, new ArrayList<>(), new ArrayList<>());
    }

    void round(SubmitLoad load, Child api) throws IOException, InterruptedException {
      int requests = perSecond == 0 ? REQUESTS : perSecond * PACED_SECONDS;
      long before = CountedApi.allocatedBytes(api);
      outcomes.add(perSecond == 0 ? load.flatOut(requests) : load.paced(requests, perSecond));
      bytes.add((CountedApi.allocatedBytes(api) - before) / (double) requests);
    }

    List<Double> all(Function<Outcome, Double> figure) {
      return outcomes.stream().map(figure).toList();
    }
  }

  static void run(Path directory, Path log, int rounds, Report report)
      throws IOException, InterruptedException {
    List<Way> ways =
        List.of(
            new Way("submit, flat out", 0),
            new Way("submit at 500/s", 500),
            new Way("submit at 1,000/s", 1_000));
    Stack.Commands commands = new Stack.Commands(CountedApi.COMMAND, Stack.Commands.USUAL.worker());
    try (Stack stack = Stack.start(directory, log, -1, Map.of(), commands)) {
      stack.stopWorker();
      try (SubmitLoad load = new SubmitLoad(stack.api.port)) {
        load.flatOut(WARM_UP_REQUESTS);
        for (int round = 0; round < rounds; round++) {
          for (Way way : ways) {
            way.round(load, stack.apiProcess());
          }
        }
      }
    }
    report.add(ways.get(0).name, ways.get(0).all(Outcome::perSecond), "requests/s");
    for (Way way : ways) {
      report.add(way.name + ", p50", way.all(Outcome::p50Millis), "ms");
      report.add(way.name + ", p99", way.all(Outcome::p99Millis), "ms");
      report.add(way.name + ", refused", way.all(o -> (double) o.refused()), "");
      report.add(way.name + ", allocated by the API for a request", way.bytes, "B");
    }
  }
}
