package dev.holdfast.worker;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import dev.holdfast.live.DrainRate;
import dev.holdfast.live.Feed;
import dev.holdfast.live.News;
import dev.holdfast.live.Snapshot;
import dev.holdfast.live.Subscriber;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Those who watch jobs through one api process: the real feed, and subscribers of any speed. What
 * they are told is held against the records as they were written.
 */
final class SimWatchers {

  private static final int WAITING_MAX = 100;

  private final SimFleet fleet;
  private final SimProcess process;
  private final Feed feed;
  private final List<Client> clients = new ArrayList<>();

  SimWatchers(SimFleet fleet, SimProcess process, JobStore store, JobEvents events) {
    this.fleet = fleet;
    this.process = process;
    this.feed =
        new Feed(
            events,
            id -> store.get(id).map(found -> found.map(job -> new Snapshot(job, null))),
            new DrainRate(process),
            process,
            Feed.Limits.USUAL,
            process::execute);
    Client everything = open();
    if (fleet.plant() == SimPlant.NO_FEED) {
      events.subscribe(e -> everything.shown(e.job(), e.version(), e.state()));
    } else {
      everything.subscriber.subscribe(Map.of());
    }
  }

  private Client open() {
    Client client = new Client();
    clients.add(client);
    client.subscriber.attach(client);
    return client;
  }

  /** Somebody watches a job from now on; one that comes again is told what it has. */
  void watch(JobId id, long since) {
    Client client = open();
    client.last.put(id, since);
    Map<JobId, Long> had = since > 0 ? Map.of(id, since) : Map.of();
    client.subscriber.subscribe(List.of(id), had).onSuccess(looked -> client.watching.add(id));
  }

  /** Whether everyone knows the newest record of the jobs it watches by their id. */
  boolean current() {
    return !process.alive() || clients.stream().allMatch(Client::current);
  }

  /** A client that now and then does not read for a while. */
  private final class Client implements Subscriber.Outlet {

    final Subscriber subscriber = new Subscriber(feed, WAITING_MAX);
    final Map<JobId, Long> last = new HashMap<>();
    final Set<JobId> watching = new HashSet<>();
    private boolean full;

    boolean current() {
      return watching.stream()
          .allMatch(
              id -> {
                Job job = fleet.store().job(id);
                return job == null || last.getOrDefault(id, 0L) >= job.version();
              });
    }

    @Override
    public boolean full() {
      return full;
    }

    @Override
    public void send(News news) {
      Job job = news.snapshot().job();
      shown(job.id(), job.version(), job.state());
      SimWorld world = fleet.world();
      if (world.chance(0.2)) {
        full = true;
        world.after(
            world.between(1, 5_000),
            process,
            () -> {
              full = false;
              subscriber.pump();
            });
      }
    }

    void shown(JobId job, long version, JobState state) {
      SimWorld world = fleet.world();
      Long before = last.put(job, version);
      if (before != null && before >= version) {
        world.violated(
            "no event shows a job going backwards, but after v%d of %s came v%d"
                .formatted(before, SimStore.shown(job), version));
      }
      SimStore.Told told = fleet.store().told(job);
      List<JobState> states = told == null ? List.of() : told.states;
      if (states.size() < version || states.get((int) version - 1) != state) {
        world.violated("an event shows what was written, but not v" + version);
      }
    }

    @Override
    public void gone(JobId job) {
      watching.remove(job);
    }

    @Override
    public void missed() {
      // whoever watches all comes back and lists; what it has to learn here it watches by id
    }

    @Override
    public void overflow() {
      fleet.world().violated("five jobs are too many for a queue of " + WAITING_MAX);
    }
  }
}
