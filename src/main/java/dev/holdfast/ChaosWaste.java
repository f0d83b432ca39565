package dev.holdfast;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;

/**
 * What workers that were taken away had rows of in vain: more than what was kept of their attempts,
 * in parts or as loose rows.
 *
 * @param told of workers that were told
 * @param killed of those that were not; without what they inferred since they were asked, just
 *     before their end, and with what had been left to them and still is there
 */
record ChaosWaste(Items told, Items killed) {

  /**
   * @param most of one worker
   */
  record Items(long all, long most) {}

  static ChaosWaste of(ChaosPlan plan, Chaos.Outcome outcome) {
    Map<Chaos.Taken, Long> kept = new HashMap<>();
    for (int i = 0; i < outcome.jobs().size(); i++) {
      JsonNode attempts = outcome.jobs().get(i).json().path("attempts");
      long all = plan.jobs().get(i).items();
      for (int k = 0; k < attempts.size(); k++) {
        JsonNode attempt = attempts.get(k);
        long to = k + 1 < attempts.size() ? resumedAt(attempts.get(k + 1)) : all;
        long items = to - resumedAt(attempt) + attempt.path("loose_rows").asLong();
        ChaosStop.ender(
                outcome.taken(),
                attempt.path("worker").asText(),
                Instant.parse(attempt.path("started_at").asText()))
            .ifPresent(taken -> kept.merge(taken, items, Long::sum));
      }
    }
    return new ChaosWaste(
        inVain(outcome.taken(), true, kept), inVain(outcome.taken(), false, kept));
  }

  private static long resumedAt(JsonNode attempt) {
    return attempt.path("resumed_at_item").asLong();
  }

  private static Items inVain(List<Chaos.Taken> taken, boolean spot, Map<Chaos.Taken, Long> kept) {
    LongSummaryStatistics items =
        taken.stream()
            .filter(t -> t.spot() == spot)
            .mapToLong(t -> Math.max(0, t.rows() - kept.getOrDefault(t, 0L)))
            .summaryStatistics();
    return new Items(items.getSum(), Math.max(0, items.getMax()));
  }
}
