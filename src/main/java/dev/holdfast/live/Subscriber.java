package dev.holdfast.live;

import dev.holdfast.job.JobId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One stream of news: what it has subscribed to, and what waits for it. What its outlet cannot take
 * at once waits, conflated; if even that becomes too much, the outlet hears that it overflows.
 */
public final class Subscriber implements AutoCloseable {

  private final Feed feed;
  private final Conflation conflation;
  private final Map<JobId, Watching> jobs = new HashMap<>(4);
  private final Set<Map<String, String>> labels = new LinkedHashSet<>(4);
  private @Nullable Watch all;
  private @Nullable Outlet outlet;
  private Consumer<Outlet> lost = to -> {};
  private boolean closed;

  /** Where the news go. */
  public interface Outlet {

    /** Whether nothing more should be sent for now; {@link Subscriber#pump} says that it should. */
    boolean full();

    void send(News news);

    /** A job that was subscribed by its id is deleted; nothing more comes of it. */
    void gone(JobId job);

    /** More waits than may: news would be lost from now on. */
    void overflow();

    /** News are lost that the labels of the subscriber may have asked for. */
    void missed();
  }

  /**
   * What the first look at some jobs found.
   *
   * @param found the newest snapshots
   * @param unknown those that there are not
   */
  public record Looked(Map<JobId, Snapshot> found, List<JobId> unknown) {}

  /**
   * What the first look at one job found.
   *
   * @param snapshot null if there is no such job, or none was looked for in the end
   * @param withdrawn whether it was unsubscribed before that
   */
  private record Look(@Nullable Snapshot snapshot, boolean withdrawn) {}

  /**
   * @param waitingMax snapshots that may wait for the outlet
   */
  public Subscriber(Feed feed, int waitingMax) {
    this.feed = feed;
    this.conflation = new Conflation(waitingMax);
  }

  /** From now on there is somewhere to send to. */
  public void attach(Outlet outlet) {
    this.outlet = outlet;
    lost.accept(outlet);
    pump();
  }

  /** How many subscriptions there are. */
  public int size() {
    return jobs.size() + labels.size();
  }

  /** How many more subscriptions these jobs would make. */
  public int added(Collection<JobId> ids) {
    return (int) ids.stream().distinct().filter(id -> !jobs.containsKey(id)).count();
  }

  /** How many more subscriptions these labels would make. */
  public int added(Map<String, String> wanted) {
    return labels.contains(wanted) ? 0 : 1;
  }

  /**
   * Subscribes to jobs; the newest snapshot of each comes first. What is subscribed again meanwhile
   * stays subscribed, whatever becomes of this call.
   *
   * @param since versions that the other side has already
   * @return completes when each was looked at that was not unsubscribed meanwhile; fails if one
   *     could not be, and then none is subscribed
   */
  public Future<Looked> subscribe(Collection<JobId> ids, Map<JobId, Long> since) {
    Map<JobId, Watching> mine = new LinkedHashMap<>();
    for (JobId id : new LinkedHashSet<>(ids)) {
      conflation.forget(id);
      Long version = since.get(id);
      if (version != null) {
        conflation.knows(id, version);
      }
      Watching watching = new Watching(id);
      mine.put(id, watching);
      Watching before = jobs.put(id, watching);
      if (before != null) {
        before.giveWayTo(watching);
      }
      watching.open(id);
    }
    return Future.join(mine.values().stream().map(watching -> watching.first.future()).toList())
        .map(looks -> looked(mine))
        .onFailure(
            failure ->
                mine.forEach(
                    (id, watching) -> {
                      if (jobs.remove(id, watching)) {
                        watching.close();
                      }
                    }));
  }

  private static Looked looked(Map<JobId, Watching> watched) {
    Map<JobId, Snapshot> found = new LinkedHashMap<>();
    List<JobId> unknown = new ArrayList<>();
    watched.forEach(
        (id, watching) -> {
          Look look = watching.first.future().result();
          if (look.snapshot() != null) {
            found.put(id, look.snapshot());
          } else if (!look.withdrawn()) {
            unknown.add(id);
          }
        });
    return new Looked(found, unknown);
  }

  public void unsubscribe(Collection<JobId> ids) {
    for (JobId id : ids) {
      Watching watching = jobs.remove(id);
      if (watching != null) {
        watching.close();
      }
    }
  }

  /**
   * Subscribes to every job that has all of these labels, from now on.
   *
   * @param wanted empty for every job
   */
  public void subscribe(Map<String, String> wanted) {
    labels.add(Map.copyOf(wanted));
    if (all == null) {
      all = feed.watchAll(new Watching(null));
    }
  }

  public void unsubscribe(Map<String, String> wanted) {
    labels.remove(wanted);
    if (labels.isEmpty() && all != null) {
      all.close();
      all = null;
    }
  }

  /** Sends what waits, as long as the outlet takes it. */
  public void pump() {
    Outlet to = outlet;
    while (to != null && !closed && !to.full()) {
      News news = conflation.next();
      if (news == null) {
        return;
      }
      to.send(news);
    }
  }

  /** Whether nothing waits. */
  public boolean isIdle() {
    return conflation.isEmpty();
  }

  private void take(Snapshot snapshot) {
    if (closed) {
      return;
    }
    if (conflation.offer(snapshot)) {
      pump();
    } else {
      lose(Outlet::overflow);
    }
  }

  private void lose(Consumer<Outlet> how) {
    if (outlet == null) {
      lost = how;
    } else {
      how.accept(outlet);
    }
  }

  @Override
  public void close() {
    closed = true;
    unsubscribe(new HashSet<>(jobs.keySet()));
    labels.clear();
    if (all != null) {
      all.close();
      all = null;
    }
  }

  /** Watches one job, or all of them for the labels' sake. */
  private final class Watching implements Watcher {

    private final @Nullable JobId only;
    private final Promise<Look> first = Promise.promise();
    private @Nullable Watch watch;

    Watching(@Nullable JobId only) {
      this.only = only;
    }

    @Override
    public void saw(Snapshot snapshot) {
      if (only != null || matches(snapshot)) {
        take(snapshot);
        first.tryComplete(new Look(snapshot, false));
      }
    }

    private boolean matches(Snapshot snapshot) {
      Set<Map.Entry<String, String>> has = snapshot.job().spec().labels().entrySet();
      return labels.stream().anyMatch(wanted -> has.containsAll(wanted.entrySet()));
    }

    @Override
    public void gone(JobId job) {
      boolean known = !first.tryComplete(new Look(null, false));
      unsubscribe(List.of(job));
      if (known && outlet != null) {
        outlet.gone(job);
      }
    }

    @Override
    public void failed(JobId job, Throwable why) {
      first.tryFail(why);
    }

    @Override
    public void missed() {
      lose(Outlet::missed);
    }

    void open(JobId id) {
      Watch opened = feed.watch(id, this);
      watch = opened;
      if (!equals(jobs.get(id))) {
        // its first look has found already that there is no such job
        opened.close();
      }
    }

    /** Who waits for its first look has that of the one that takes its place. */
    void giveWayTo(Watching next) {
      stop();
      next.first.future().onSuccess(first::tryComplete).onFailure(first::tryFail);
    }

    private void stop() {
      if (watch != null) {
        watch.close();
      }
    }

    void close() {
      stop();
      first.tryComplete(new Look(null, true));
    }
  }
}
