package dev.holdfast.worker;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One seed: a fleet, a few clients, a time of trouble, a time of calm, and what must be true then.
 */
final class Simulation {

  private static final int TROUBLE_MILLIS_MAX = 90_000;
  private static final int REPLACE_INTERVAL_MILLIS = 5_000;
  private static final long HORIZON_MILLIS = 30 * 60_000;
  private static final int STEPS_MAX = 200_000;
  private static final long KEPT_MILLIS = Job.KEPT_AFTER_END.plusDays(1).toMillis();

  /** A zombie that has lost its job may still be trying to write a part for so long. */
  private static final long LAST_TRIES_MILLIS = 60_000;

  /** A stalled api process, and the longest pause between two looks at a silent job. */
  private static final long WATCHERS_MILLIS_MAX = 7 * 60_000;

  private static final long FORGOTTEN_WITHIN_MILLIS = 5 * 60_000;

  private static final List<Double> FAULT_RATES = List.of(0.0, 0.02, 0.05, 0.15, 0.3);
  private static final double OUTAGE_RATE = 0.9;
  private static final int OUTAGE_MILLIS_MAX = 45_000;

  /** The Reconciler looks at a job the less often the older it is. */
  private static final double AGED_SHARE = 0.05;

  private static final int AGE_MINUTES_MAX = 3 * 24 * 60;

  private final SimWorld world;
  private final double faultRate;
  private final SimFleet fleet;
  private final SimClients clients;

  /**
   * How a seed ended.
   *
   * @param violation the first promise that was broken, or null if none was
   * @param trace what happened, if it was asked for
   */
  record Outcome(@Nullable String violation, List<String> trace) {}

  private Simulation(SimWorld world, long seed, SimPlant plant) {
    this.world = world;
    faultRate = FAULT_RATES.get(world.below(FAULT_RATES.size()));
    world.faultRate(faultRate);
    fleet = new SimFleet(world, plant);
    clients = new SimClients(fleet, seed);
  }

  static Outcome run(long seed, SimPlant plant, boolean traced) {
    SimWorld world = new SimWorld(seed, traced);
    world.guard(() -> play(world, seed, plant));
    return new Outcome(world.violation(), world.trace());
  }

  static void play(SimWorld world, long seed, SimPlant plant) {
    new Simulation(world, seed, plant).run();
  }

  private void run() {
    boolean aged = world.chance(AGED_SHARE);
    long trouble =
        aged ? world.between(90_000, 240_000) : world.between(10_000, TROUBLE_MILLIS_MAX);
    if (aged) {
      age(trouble);
    }
    clients.schedule((int) trouble);
    int strikes = world.between(0, 5);
    for (int i = 0; i < strikes; i++) {
      world.surely(world.between(0, (int) trouble), fleet::strike);
    }
    if (world.chance(0.15)) {
      int begin = world.between(0, (int) trouble);
      int end = (int) Math.min(trouble, begin + world.between(1_000, OUTAGE_MILLIS_MAX));
      world.surely(begin, () -> world.faultRate(OUTAGE_RATE));
      world.surely(end, () -> world.faultRate(faultRate));
    }
    replace();
    world.surely(trouble, fleet::calm);
    if (lasts(HORIZON_MILLIS) && world.violation() == null) {
      world.violated("every job ends; left are " + left());
    }
    for (Job job : fleet.store().all()) {
      visible(job);
    }
    clients.check();
    watched();
    if (world.violation() == null && world.chance(0.05)) {
      forget();
    }
  }

  /** Jobs that were made long ago, and a broker that takes nothing for a while. */
  private void age(long trouble) {
    fleet.store().backdate(Duration.ofMinutes(world.between(1, AGE_MINUTES_MAX)));
    int begin = world.between(0, 30_000);
    int end = (int) Math.min(trouble, begin + world.between(30_000, 180_000));
    world.surely(begin, () -> fleet.queue().takes(false));
    world.surely(end, () -> fleet.queue().takes(true));
  }

  private void replace() {
    world.after(
        REPLACE_INTERVAL_MILLIS,
        null,
        () -> {
          fleet.replace();
          replace();
        });
  }

  private List<String> left() {
    return fleet.store().all().stream()
        .filter(job -> !job.state().terminal())
        .map(SimStore::shown)
        .toList();
  }

  /** Lets things happen until they are settled; true if that took too long or a promise broke. */
  private boolean lasts(long millis) {
    long until = world.now() + millis;
    for (int steps = 0; steps < STEPS_MAX && world.now() < until; steps++) {
      world.step();
      if (world.violation() != null) {
        return true;
      }
      if (world.atRest() && clients.settled() && fleet.settled()) {
        return false;
      }
    }
    return true;
  }

  /** What a reader of the result sees: each row once, in order, and nothing else. */
  private void visible(Job job) {
    SimInput input = fleet.law().input(job.id());
    Job.Checkpoint reached = Job.Checkpoint.START;
    String end = job.partKey(job.checkpoint().nextItem());
    Map<String, SimObjects.Stored> parts =
        new TreeMap<>(fleet.objects().parts(job).headMap(end, false));
    for (Map.Entry<String, SimObjects.Stored> part : parts.entrySet()) {
      if (!part.getKey().equals(job.partKey(reached.nextItem()))) {
        world.violated("a result has each row once, but " + part.getKey() + " begins elsewhere");
        return;
      }
      if (input == null || !input.matches((int) reached.nextItem(), part.getValue().content())) {
        world.violated("a row belongs to its item, but not in " + part.getKey());
        return;
      }
      Job.Checkpoint next = fleet.objects().after(job, reached);
      long rows = part.getValue().content().toString().lines().count();
      if (!Objects.equals(job.modelDigest(), part.getValue().metadata().get("model-digest"))) {
        world.violated("one model makes all rows of a job, but not " + part.getKey());
        return;
      }
      if (next == null || next.nextItem() - reached.nextItem() != rows) {
        world.violated("a part has as many rows as it says, but not " + part.getKey());
        return;
      }
      reached = next;
    }
    if (!reached.equals(job.checkpoint())) {
      world.violated("parts lead to the checkpoint of " + SimStore.shown(job));
    } else if (job.state() == JobState.COMPLETE
        && input != null
        && (input.hopeless() != null || job.checkpoint().nextItem() != input.rows().size())) {
      world.violated("a complete job has every row, but not " + SimStore.shown(job));
    }
  }

  /** Whoever watches a job learns its last end, even if every event of it was lost. */
  private void watched() {
    long until = world.now() + WATCHERS_MILLIS_MAX;
    while (world.violation() == null && !fleet.watched()) {
      if (world.now() > until) {
        world.violated("whoever watches a job learns its end");
        return;
      }
      world.step();
    }
  }

  /** Long after its end a job is gone with everything that was kept for it. */
  private void forget() {
    pass(LAST_TRIES_MILLIS);
    world.skip(KEPT_MILLIS);
    pass(FORGOTTEN_WITHIN_MILLIS);
    if (!fleet.store().all().isEmpty() || fleet.objects().parts().size() > 0) {
      world.violated("a job is forgotten when its time is over");
    }
  }

  private void pass(long millis) {
    long until = world.now() + millis;
    while (world.now() < until && world.violation() == null) {
      world.step();
    }
  }

  static JobSpec spec(SimInput input, @Nullable Instant deadline, String fingerprint) {
    return new JobSpec("scripted", input.input(), Map.of(), 3, deadline, fingerprint);
  }

  static JobId id(long seed, int number) {
    return JobId.ofKey(seed + "/" + number);
  }
}
