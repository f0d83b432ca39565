package dev.holdfast;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.JobView;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What a disturbed run came to, held against an undisturbed one. */
final class ChaosReport {

  private static final long EXIT_SECONDS_MAX = Chaos.SPOT_GRACE.toSeconds() + 5;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final ChaosPlan plan;
  private final Chaos.Outcome calm;
  private final Chaos.Outcome disturbed;
  private final List<Double> handOvers;
  private final List<Double> recoveries;
  private final List<Double> exits = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();
  private long lost;
  private long duplicated;
  private long differing;

  ChaosReport(ChaosPlan plan, Chaos.Outcome calm, Chaos.Outcome disturbed)
      throws InterruptedException {
    this.plan = plan;
    this.calm = calm;
    this.disturbed = disturbed;
    this.handOvers = Chaos.standstills(disturbed, true);
    this.recoveries = Chaos.standstills(disturbed, false);
    judge();
  }

  private void judge() throws InterruptedException {
    for (int i = 0; i < disturbed.jobs().size(); i++) {
      JobView job = disturbed.jobs().get(i);
      ChaosRows rows = disturbed.rows().get(i);
      lost += rows.lost();
      duplicated += rows.duplicated();
      differing += rows.differing(calm.rows().get(i));
      if (!job.state().equals("complete")) {
        violations.add("%s is %s: %s".formatted(job.id(), job.state(), job.error()));
      }
      long failures = job.json().path("failures").asLong();
      if (failures > 0) {
        violations.add("%s spent %d failures on evictions".formatted(job.id(), failures));
      }
    }
    add(lost, "rows are lost");
    add(duplicated, "rows are there twice");
    add(differing, "rows differ from those of the undisturbed run");
    for (Chaos.Taken taken : disturbed.taken()) {
      if (taken.spot()) {
        exit(taken);
      }
    }
    Collections.sort(exits);
  }

  private void add(long count, String what) {
    if (count > 0) {
      violations.add(count + " " + what);
    }
  }

  private void exit(Chaos.Taken taken) throws InterruptedException {
    try {
      Chaos.Exit exit = taken.exit().get(EXIT_SECONDS_MAX, TimeUnit.SECONDS);
      OptionalInt code = exit.code();
      exits.add(exit.seconds());
      if (code.isPresent() && code.getAsInt() != 0) {
        violations.add(
            "%s was given %d s and ended with %d"
                .formatted(taken.worker(), Chaos.SPOT_GRACE.toSeconds(), code.getAsInt()));
      }
    } catch (ExecutionException | TimeoutException e) {
      violations.add(taken.worker() + " did not end");
    }
  }

  boolean good() {
    return violations.isEmpty();
  }

  List<String> violations() {
    return List.copyOf(violations);
  }

  private long recomputed() {
    return Math.max(0, disturbed.inferred() - plan.items());
  }

  private double recomputedSeconds() {
    return recomputed() * calm.seconds() / plan.items();
  }

  private double overhead() {
    // the disturbed run also waits for its next submission, so only work counts
    return (double) recomputed() / plan.items();
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
    List<String> lines = new ArrayList<>();
    lines.add(
        "jobs %d, items %d, workers taken away %d"
            .formatted(plan.jobs().size(), plan.items(), disturbed.taken().size()));
    lines.add(
        String.format(
            Locale.ROOT,
            "lost %d, duplicated %d, differing %d, recomputed %d items (%.1f s, %.2f %%)",
            lost,
            duplicated,
            differing,
            recomputed(),
            recomputedSeconds(),
            100 * overhead()));
    lines.add("hand-overs after SIGTERM: " + spread(handOvers));
    lines.add("recoveries after SIGKILL: " + spread(recoveries));
    lines.add("exits after SIGTERM: " + spread(exits));
    lines.add(
        String.format(
            Locale.ROOT, "%.1f s; %.1f s undisturbed", disturbed.seconds(), calm.seconds()));
    return lines;
  }

  ObjectNode json() {
    ObjectNode json =
        JSON.createObjectNode()
            .put("jobs", plan.jobs().size())
            .put("items", plan.items())
            .put("kills", disturbed.taken().size())
            .put("lost", lost)
            .put("duplicated", duplicated)
            .put("differing", differing)
            .put("recomputed", recomputed())
            .put("recomputed_seconds", recomputedSeconds())
            .put("seconds", disturbed.seconds())
            .put("undisturbed_seconds", calm.seconds());
    json.set("hand_over_seconds", quantiles(handOvers));
    json.set("recovery_seconds", quantiles(recoveries));
    json.set("exit_seconds", quantiles(exits));
    json.set("violations", JSON.valueToTree(violations));
    return json;
  }

  private static ObjectNode quantiles(List<Double> sorted) {
    return JSON.createObjectNode()
        .put("count", sorted.size())
        .put("p50", at(sorted, 0.5))
        .put("p95", at(sorted, 0.95))
        .put("max", at(sorted, 1));
  }
}
