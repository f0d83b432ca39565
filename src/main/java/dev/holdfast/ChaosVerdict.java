package dev.holdfast;

import dev.holdfast.client.JobView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A disturbed run held against an undisturbed one: what Holdfast promises, and whether it held.
 *
 * @param exits how long the workers that were told took to end, in seconds, the shortest first
 * @param violations in words; empty if all promises held
 */
record ChaosVerdict(
    long lost,
    long duplicated,
    long differing,
    List<ChaosStop> stops,
    List<Double> exits,
    List<String> violations) {

  private static final long EXIT_SECONDS_MAX = Chaos.SPOT_GRACE.toSeconds() + 5;

  /** Blocks until the last worker that was taken away has ended, for 20 s at most. */
  static ChaosVerdict of(ChaosPlan plan, Chaos.Outcome calm, Chaos.Outcome disturbed)
      throws IOException, InterruptedException {
    List<String> violations = new ArrayList<>();
    long lost = 0;
    long duplicated = 0;
    long differing = 0;
    for (JobView job : calm.jobs()) {
      unlessComplete(job, "undisturbed, ", violations);
    }
    for (int i = 0; i < disturbed.jobs().size(); i++) {
      JobView job = disturbed.jobs().get(i);
      ChaosRows rows = disturbed.rows().get(i);
      lost += rows.lost();
      duplicated += rows.duplicated();
      differing += rows.differing(calm.rows().get(i));
      unlessComplete(job, "", violations);
      long failures = job.json().path("failures").asLong();
      if (failures > 0) {
        violations.add("%s spent %d failures on evictions".formatted(job.id(), failures));
      }
    }
    count(lost, "rows are lost", violations);
    count(duplicated, "rows are there twice", violations);
    count(differing, "rows differ from those of the undisturbed run", violations);
    List<ChaosStop> stops = ChaosStop.of(disturbed);
    List<Double> exits = exits(disturbed, violations);
    judge(plan, disturbed, stops, violations);
    return new ChaosVerdict(
        lost, duplicated, differing, stops, List.copyOf(exits), List.copyOf(violations));
  }

  private static void unlessComplete(JobView job, String when, List<String> violations) {
    if (!job.ended()) {
      violations.add(
          "%s has not ended: %sit is %s with %d items done when time is up"
              .formatted(job.id(), when, job.state(), job.done()));
    } else if (!job.state().equals("complete")) {
      violations.add("%s is %s%s: %s".formatted(job.id(), when, job.state(), job.error()));
    }
  }

  private static void count(long count, String what, List<String> violations) {
    if (count > 0) {
      violations.add(count + " " + what);
    }
  }

  private static List<Double> exits(Chaos.Outcome disturbed, List<String> violations)
      throws InterruptedException {
    List<Double> exits = new ArrayList<>();
    for (Chaos.Taken taken : disturbed.taken()) {
      if (!taken.spot()) {
        continue;
      }
      try {
        Chaos.Exit exit = taken.exit().get(EXIT_SECONDS_MAX, TimeUnit.SECONDS);
        OptionalInt code = exit.code();
        exits.add(exit.seconds());
        if (code.isEmpty() || code.getAsInt() != 0) {
          violations.add(
              "%s was given %d s and ended with %s"
                  .formatted(
                      taken.worker(),
                      Chaos.SPOT_GRACE.toSeconds(),
                      code.isPresent() ? code.getAsInt() : "no code, for it was not there"));
        }
      } catch (ExecutionException | TimeoutException e) {
        violations.add(taken.worker() + " did not end");
      }
    }
    Collections.sort(exits);
    return exits;
  }

  private static void judge(
      ChaosPlan plan, Chaos.Outcome disturbed, List<ChaosStop> stops, List<String> violations) {
    for (ChaosStop stop : stops) {
      if (stop.outcome().equals("lost") && leftWell(stop.taken())) {
        violations.add(
            "%s left in good order, and %s was held as if it had been killed"
                .formatted(stop.taken().worker(), stop.job()));
      }
    }
    int planned = plan.kills().size();
    int taken = disturbed.taken().size();
    if (taken < planned) {
      violations.add("only %d of %d workers were taken away".formatted(taken, planned));
    }
    if (planned > 0 && stops.isEmpty()) {
      violations.add(
          "no worker that was taken away had a job to lose, so nothing is shown; ask for more --jobs or --items");
    }
    count(disturbed.deaths() - taken, "processes ended by themselves", violations);
  }

  private static boolean leftWell(Chaos.Taken taken) {
    Chaos.Exit exit = taken.spot() ? taken.exit().getNow(null) : null;
    return exit != null && exit.code().orElse(-1) == 0;
  }

  boolean good() {
    return violations.isEmpty();
  }

  /**
   * How long jobs stood still, in seconds, the shortest first.
   *
   * @param spot by workers that were told; else by those that were not
   */
  List<Double> standstills(boolean spot) {
    return stops.stream()
        .filter(stop -> stop.taken().spot() == spot)
        .map(ChaosStop::seconds)
        .toList();
  }

  /** The same of workers that were told, where the others had room for all that they held. */
  List<Double> handOversWithRoom(ChaosRoom room) {
    return stops.stream()
        .filter(stop -> stop.taken().spot() && room.forAllWith(stop))
        .map(ChaosStop::seconds)
        .toList();
  }
}
