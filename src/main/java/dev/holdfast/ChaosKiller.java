package dev.holdfast;

import dev.holdfast.Chaos.Exit;
import dev.holdfast.Chaos.Taken;
import dev.holdfast.job.Clocked;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Takes workers away, and counts what each had inferred by then. */
final class ChaosKiller {

  /** A worker that was taken away is replaced after so long. */
  private static final Duration AWAY = Duration.ofSeconds(1);

  private final ChaosFleet fleet;
  private final Clocked clock;
  private final Chaos.Waiting pause;
  private final BooleanSupplier overdue;
  private final Consumer<String> say;
  private final Map<String, Long> counted = new HashMap<>();
  private final Map<String, Long> before = new HashMap<>();
  private final Map<String, Long> reused = new HashMap<>();
  private long inferred;

  /**
   * @param say hears whom it has taken
   */
  ChaosKiller(
      ChaosFleet fleet,
      Clocked clock,
      Chaos.Waiting pause,
      BooleanSupplier overdue,
      Consumer<String> say) {
    this.fleet = fleet;
    this.clock = clock;
    this.pause = pause;
    this.overdue = overdue;
    this.say = say;
  }

  /** What was inferred before this does not count. */
  synchronized void begin() throws InterruptedException {
    for (String worker : fleet.workers()) {
      long items = fleet.itemsInferred(worker).orElse(0);
      counted.put(worker, items);
      before.put(worker, items);
    }
  }

  /** Items that the workers inferred since the begin, as they count themselves. */
  synchronized long inferred() throws InterruptedException {
    count(fleet.workers());
    return inferred;
  }

  /**
   * Takes all away that the plan names, or as many as it could when time was up. Blocks.
   *
   * @param from of the plan's begin, on {@link System#nanoTime}
   */
  List<Taken> kill(ChaosPlan plan, long from) throws InterruptedException {
    List<Taken> taken = new ArrayList<>();
    for (ChaosPlan.Kill kill : plan.kills()) {
      pause.until(from, kill.at());
      String worker = "worker-" + (kill.worker() + 1);
      boolean done = false;
      while (!done) {
        if (overdue.getAsBoolean()) {
          return taken;
        }
        done = canBeTaken(kill, worker, taken) && take(kill, worker, taken);
        if (!done) {
          pause.rest();
        }
      }
      say.accept(
          "%s %s (%d of %d)"
              .formatted(
                  kill.spot() ? "evicted" : "killed", worker, taken.size(), plan.kills().size()));
      int last = taken.size() - 1;
      if (kill.spot()) {
        countWhileItLeaves(taken.get(last));
      }
      taken.set(last, taken.get(last).rows(countOf(worker)));
    }
    return taken;
  }

  /**
   * At most one is being replaced: on a machine where a start takes longer than the plan's gaps,
   * jobs would fail for three deaths in a row that say nothing of them. SIGKILL may come at any
   * time then; a Java that has not begun its program takes no SIGTERM, and a second signal to one
   * that is leaving would end it at once.
   */
  private boolean canBeTaken(ChaosPlan.Kill kill, String worker, List<Taken> taken)
      throws InterruptedException {
    return !leaving(taken, worker)
        && ready() >= fleet.workers().size() - 1
        && fleet.running(worker)
        && (!kill.spot() || fleet.itemsInferred(worker).isPresent());
  }

  private int ready() throws InterruptedException {
    int ready = 0;
    for (String worker : fleet.workers()) {
      ready += fleet.ready(worker) ? 1 : 0;
    }
    return ready;
  }

  private boolean take(ChaosPlan.Kill kill, String worker, List<Taken> taken)
      throws InterruptedException {
    Set<String> ready = new HashSet<>();
    for (String other : fleet.workers()) {
      if (!other.equals(worker) && !leaving(taken, other) && fleet.ready(other)) {
        ready.add(other);
      }
    }
    count(List.of(worker));
    Instant at = clock.instant();
    if (kill.spot()) {
      long asked = System.nanoTime();
      CompletableFuture<Exit> exit =
          fleet
              .evict(worker, Chaos.SPOT_GRACE, AWAY)
              .thenApply(code -> new Exit(code, (System.nanoTime() - asked) / 1e9));
      taken.add(new Taken(worker, true, at, ready, 0, exit));
      return true;
    }
    Exit none = new Exit(OptionalInt.empty(), 0);
    return fleet.kill(worker, AWAY)
        && taken.add(
            new Taken(worker, false, at, ready, 0, CompletableFuture.completedFuture(none)));
  }

  /** What it still infers counts, too. */
  private void countWhileItLeaves(Taken leaving) throws InterruptedException {
    while (!leaving.exit().isDone()) {
      count(List.of(leaving.worker()));
      pause.rest();
    }
  }

  private static boolean leaving(List<Taken> taken, String worker) {
    return taken.stream().anyMatch(t -> t.worker().equals(worker) && !t.exit().isDone());
  }

  /** What the process had rows of that has ended; the next one of that name begins at nothing. */
  private synchronized long countOf(String worker) {
    long items = counted.getOrDefault(worker, 0L) - before.getOrDefault(worker, 0L);
    counted.put(worker, 0L);
    before.put(worker, 0L);
    Long given = reused.remove(worker);
    return given == null ? items : items + given;
  }

  /** Adds what workers have inferred since they were asked last, or since they began. */
  private synchronized void count(Iterable<String> workers) throws InterruptedException {
    for (String worker : workers) {
      long now = fleet.itemsInferred(worker).orElse(counted.getOrDefault(worker, 0L));
      inferred += Math.max(0, now - counted.getOrDefault(worker, 0L));
      counted.put(worker, now);
      fleet.itemsReused(worker).ifPresent(items -> reused.put(worker, items));
    }
  }
}
