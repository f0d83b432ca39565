package dev.holdfast.bench;

import dev.holdfast.Sentences;
import dev.holdfast.bench.SideBySide.Ended;
import dev.holdfast.bench.SideBySide.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the framework costs around one large job: the full path's throughput over the bare loop's,
 * from the same sentences, side by side. API and worker share the core that the loop has.
 */
final class BulkSideBySide {

  private static final int ROUNDS = Integer.getInteger("bench.rounds", 2);
  private static final int WARM_UP_ITEMS = 1_500;
  private static final long WARM_UP_FIRST = 900_000;

  private BulkSideBySide() {}

  /**
   * @param settings of the API and the worker
   */
  static void run(
      Path directory, Path log, Path model, Map<String, String> settings, int items, Report report)
      throws IOException, InterruptedException {
    List<Outcome> outcomes = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      Path data = directory.resolve("bulk-" + round);
      try (Way full = HoldfastWay.start(data, log, settings, Sentences::at);
          Way bare = BareWay.start(model, directory.resolve("done-" + round), log)) {
        SideBySide ways = new SideBySide(full, bare);
        ways.job(WARM_UP_FIRST, WARM_UP_ITEMS, round % 2);
        outcomes.add(ways.job((long) round * items, items, round % 2));
      }
    }
    report(items, new Outcomes(outcomes, report));
  }

  private static void report(int items, Outcomes outcomes) {
    String what = "one job of %d sentences, side by side".formatted(items);
    outcomes.add(what + ", bare loop", o -> items / o.without().seconds(), "sentences/s");
    outcomes.add(what + ", full path", o -> items / o.with().seconds(), "sentences/s");
    String over = what + ", full path over bare loop";
    outcomes.wholeJobs(over + ": whole jobs", Ended::seconds);
    outcomes.blocks(over, Outcome::speeds);
    outcomes.wholeJobs(over + ": whole jobs by processor time", Ended::cpuSeconds);
    outcomes.blocks(over + ": by processor time", Outcome::thrifts);
  }
}
