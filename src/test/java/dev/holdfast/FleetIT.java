package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.JobView;
import dev.holdfast.client.Terminal;
import dev.holdfast.client.Watch;
import dev.holdfast.gcp.Gcp;
import dev.holdfast.gcp.GcpOptions;
import dev.holdfast.gcp.GcpSetup;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobEvents.Subscription;
import dev.holdfast.world.GoogleEmulators;
import dev.holdfast.world.OnEmulators;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two replicas of the API, three workers, the real model, and a worker killed every half a minute.
 */
@OnEmulators
@Timeout(900)
class FleetIT {

  private static final int JOBS = 2_000;

  /**
   * From when the last one is back, and longer than a lease and the quarantine after it. In step
   * with them, or where a start takes as long, a job once died three times in a row by chance, and
   * was failed: nobody can tell it from one that kills.
   */
  private static final int KILL_EVERY_S = 20;

  private static final int KILLS = 6;
  private static final int WATCHED_ITEMS = 900;

  @TempDir Path directory;

  /** Mostly a sentence or a few, now and then many. */
  private static int items(int job) {
    return job == 0 ? WATCHED_ITEMS : job % 100 == 0 ? 200 : job % 10 == 0 ? 20 : 1 + job % 3;
  }

  @Test
  void nothingIsLostOrDoubledThroughTwoMinutesOfKills() throws Exception {
    GcpOptions place = GoogleEmulators.fresh();
    try (GcpSetup setup = GcpSetup.open(place)) {
      assertThat(setup.init()).noneMatch(f -> f.level() == GcpSetup.Level.PROBLEM);
    }
    Map<String, String> settings =
        Map.of("HOLDFAST_LEASE", "10s", "HOLDFAST_CHECKPOINT", "2s", "HOLDFAST_LOG_LEVEL", "info");
    ExecutorService threads = Executors.newFixedThreadPool(6);
    try (Gcp one = Gcp.open(place, JobEvents.EVERY_STATE);
        Gcp other = Gcp.open(place, JobEvents.EVERY_STATE);
        Fleet fleet = new Fleet(place, settings, 2, 3)) {
      Set<JobEvent> heardHere = ConcurrentHashMap.newKeySet();
      Set<JobEvent> heardThere = ConcurrentHashMap.newKeySet();
      try (Subscription here = one.events().subscribe(heardHere::add);
          Subscription there = other.events().subscribe(heardThere::add)) {
        assertThat(here).isNotSameAs(there);
        Map<Integer, JobView> jobs = new LinkedHashMap<>();
        HoldfastClient client = fleet.client(0);
        jobs.put(0, client.submit(Fleet.body(items(0)), "fleet-0"));
        List<Future<List<Long>>> watchers =
            List.of(
                threads.submit(watch(fleet.client(0), jobs.get(0))),
                threads.submit(watch(fleet.client(1), jobs.get(0))));
        Future<Integer> kills = threads.submit(() -> kill(fleet));
        for (int i = 1; i < JOBS; i++) {
          jobs.put(i, fleet.client(i % 2).submit(Fleet.body(items(i)), "fleet-" + i));
        }
        assertThat(kills.get()).isGreaterThanOrEqualTo(KILLS - 1);

        for (Map.Entry<Integer, JobView> entry : jobs.entrySet()) {
          HoldfastClient mine = fleet.client(entry.getKey() % 2);
          JobView end = Fleet.ended(mine, mine.job(entry.getValue().id()));
          assertThat(end.state()).as(end.json().toString()).isEqualTo("complete");
          assertThat(
                  Fleet.rows(
                      mine, end.id(), items(entry.getKey()), directory.resolve("rows.jsonl")))
              .as(end.json().toString())
              .isEqualTo(new RowCheck.Counts(0, 0));
        }
        System.out.printf("%d jobs, %d kills%n", JOBS, kills.get());
        List<Long> lastVersions = new ArrayList<>();
        for (Future<List<Long>> watcher : watchers) {
          List<Long> versions = watcher.get(1, TimeUnit.MINUTES);
          assertThat(versions).isSorted().doesNotHaveDuplicates();
          lastVersions.add(versions.get(versions.size() - 1));
        }
        assertThat(lastVersions.get(0)).isEqualTo(lastVersions.get(1));
        String watched = jobs.get(0).id();
        assertThat(of(heardHere, watched)).isNotEmpty().isEqualTo(of(heardThere, watched));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static Set<Long> of(Set<JobEvent> events, String job) {
    Set<Long> versions = ConcurrentHashMap.newKeySet();
    events.stream()
        .filter(e -> e.job().value().equals(job))
        .forEach(e -> versions.add(e.version()));
    return versions;
  }

  /** Follows a job to its end; the versions that were seen. */
  private static Callable<List<Long>> watch(HoldfastClient client, JobView job) {
    return () -> {
      List<Long> versions = new ArrayList<>();
      JobView end =
          new Watch(client, Terminal.silent(), false)
              .until(
                  job,
                  seen -> {
                    if (versions.isEmpty() || versions.get(versions.size() - 1) != seen.version()) {
                      versions.add(seen.version());
                    }
                    return false;
                  });
      if (versions.isEmpty() || versions.get(versions.size() - 1) != end.version()) {
        versions.add(end.version());
      }
      return versions;
    };
  }

  private static int kill(Fleet fleet) throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    int killed = 0;
    for (int i = 0; i < KILLS; i++) {
      assertThat(never.await(KILL_EVERY_S, TimeUnit.SECONDS)).isFalse();
      killed += fleet.kill(i % 3) ? 1 : 0;
    }
    return killed;
  }
}
