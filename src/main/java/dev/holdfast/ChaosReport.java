package dev.holdfast;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.JobView;
import java.util.List;
import java.util.Locale;

/** What a chaos run came to, for people and for programs. */
record ChaosReport(
    ChaosPlan plan, Chaos.Outcome calm, Chaos.Outcome disturbed, ChaosVerdict verdict) {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * Items inferred more than once. A worker that dies without a word leaves no record of what it
   * had inferred since its checkpoint, but was asked just before; of one that leaves, the record
   * knows more. So it is the larger of the two.
   */
  long recomputed() {
    long recorded = disturbed.jobs().stream().mapToLong(JobView::recomputed).sum();
    return Math.max(recorded, disturbed.inferred() - plan.items());
  }

  private double recomputedSeconds() {
    return recomputed() * calm.seconds() / plan.items();
  }

  /** The disturbed run also waits for its next submission, so only work counts. */
  double overhead() {
    return (double) recomputed() / plan.items();
  }

  private List<Double> handOvers() {
    return verdict.standstills(true);
  }

  private List<Double> handOversWithRoom() {
    return verdict.handOversWithRoom(new ChaosRoom(disturbed, verdict.stops()));
  }

  private static double at(List<Double> sorted, double share) {
    return sorted.isEmpty()
        ? 0
        : sorted.get((int) Math.min(sorted.size() - 1L, (long) (sorted.size() * share)));
  }

  private static String spread(List<Double> sorted) {
    return sorted.isEmpty()
        ? "none"
        : String.format(
            Locale.ROOT,
            "%d, p50 %.1f s, p95 %.1f s, max %.1f s",
            sorted.size(),
            at(sorted, 0.5),
            at(sorted, 0.95),
            at(sorted, 1));
  }

  List<String> lines() {
    ChaosWaste waste = ChaosWaste.of(plan, disturbed);
    return List.of(
        "jobs %d, items %d, workers taken away %d"
            .formatted(plan.jobs().size(), plan.items(), disturbed.taken().size()),
        String.format(
            Locale.ROOT,
            "lost %d, duplicated %d, differing %d, recomputed %d items (%.1f s, %.2f %%)",
            verdict.lost(),
            verdict.duplicated(),
            verdict.differing(),
            recomputed(),
            recomputedSeconds(),
            100 * overhead()),
        "of them inferred in vain by workers that were told: %d items, %d at most; by killed ones: %d, %d at most"
            .formatted(
                waste.told().all(),
                waste.told().most(),
                waste.killed().all(),
                waste.killed().most()),
        "hand-overs after SIGTERM: " + spread(handOvers()),
        "of them with room on other workers that were ready: " + spread(handOversWithRoom()),
        "recoveries after SIGKILL: " + spread(verdict.standstills(false)),
        "exits after SIGTERM: " + spread(verdict.exits()),
        String.format(
            Locale.ROOT, "%.1f s; %.1f s undisturbed", disturbed.seconds(), calm.seconds()));
  }

  ObjectNode json() {
    ChaosWaste waste = ChaosWaste.of(plan, disturbed);
    ObjectNode json =
        JSON.createObjectNode()
            .put("jobs", plan.jobs().size())
            .put("items", plan.items())
            .put("kills", disturbed.taken().size())
            .put("lost", verdict.lost())
            .put("duplicated", verdict.duplicated())
            .put("differing", verdict.differing())
            .put("recomputed", recomputed())
            .put("recomputed_seconds", recomputedSeconds())
            .put("in_vain_after_sigterm", waste.told().all())
            .put("in_vain_after_sigterm_most", waste.told().most())
            .put("in_vain_after_sigkill", waste.killed().all())
            .put("in_vain_after_sigkill_most", waste.killed().most())
            .put("overhead", overhead())
            .put("seconds", disturbed.seconds())
            .put("undisturbed_seconds", calm.seconds());
    json.set("hand_over_seconds", quantiles(handOvers()));
    json.set("hand_over_with_room_seconds", quantiles(handOversWithRoom()));
    json.set("recovery_seconds", quantiles(verdict.standstills(false)));
    json.set("exit_seconds", quantiles(verdict.exits()));
    json.set("stops", stops());
    json.set("violations", JSON.valueToTree(verdict.violations()));
    return json;
  }

  /** Each of them, so that one that took long can be looked into. */
  private ArrayNode stops() {
    ArrayNode stops = JSON.createArrayNode();
    ChaosRoom room = new ChaosRoom(disturbed, verdict.stops());
    for (ChaosStop stop : verdict.stops()) {
      stops
          .addObject()
          .put("job", stop.job())
          .put("from", stop.taken().worker())
          .put("told", stop.taken().spot())
          .put("at", stop.taken().at().toString())
          .put("to", stop.by())
          .put("seconds", stop.seconds())
          .put("room", room.forAllWith(stop))
          .put("outcome", stop.outcome())
          .put("recomputed_items", stop.recomputed());
    }
    return stops;
  }

  private static ObjectNode quantiles(List<Double> sorted) {
    return JSON.createObjectNode()
        .put("count", sorted.size())
        .put("p50", at(sorted, 0.5))
        .put("p95", at(sorted, 0.95))
        .put("max", at(sorted, 1));
  }
}
