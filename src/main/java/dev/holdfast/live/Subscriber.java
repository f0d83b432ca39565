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
  private Feed.@Nullable Watch all;
  private @Nullable Outlet outlet;
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
  }

  /**
   * What the first look at some jobs found.
   *
   * @param found the newest snapshots
   * @param unknown those that there are not
   */
  public record Looked(Map<JobId, Snapshot> found, List<JobId> unknown) {}

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
   * Subscribes to jobs; the newest snapshot of each comes first.
   *
   * @param since versions that the other side has already
   * @return completes when each was looked at; fails if one could not be, and then none is
   *     subscribed
   */
  public Future<Looked> subscribe(Collection<JobId> ids, Map<JobId, Long> since) {
    List<Future<@Nullable Snapshot>> looks = new ArrayList<>();
    Set<JobId> distinct = new LinkedHashSet<>(ids);
    for (JobId id : distinct) {
      unsubscribe(List.of(id));
      conflation.forget(id);
      Long version = since.get(id);
      if (version != null) {
        conflation.knows(id, version);
      }
      Watching watching = new Watching(id);
      jobs.put(id, watching);
      watching.open(id);
      looks.add(watching.first.future());
    }
    return Future.join(looks)
        .map(
            done -> {
              Map<JobId, Snapshot> found = new LinkedHashMap<>();
              List<JobId> unknown = new ArrayList<>();
              int at = 0;
              for (JobId id : distinct) {
                Snapshot snapshot = looks.get(at++).result();
                if (snapshot == null) {
                  unknown.add(id);
                } else {
                  found.put(id, snapshot);
                }
              }
              return new Looked(found, unknown);
            })
        .onFailure(failure -> unsubscribe(distinct));
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
    } else if (outlet != null) {
      outlet.overflow();
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
  private final class Watching implements Feed.Watcher {

    private final @Nullable JobId only;
    private final Promise<@Nullable Snapshot> first = Promise.promise();
    private Feed.@Nullable Watch watch;

    Watching(@Nullable JobId only) {
      this.only = only;
    }

    @Override
    public void saw(Snapshot snapshot) {
      if (only != null || matches(snapshot)) {
        take(snapshot);
        first.tryComplete(snapshot);
      }
    }

    private boolean matches(Snapshot snapshot) {
      Set<Map.Entry<String, String>> has = snapshot.job().spec().labels().entrySet();
      return labels.stream().anyMatch(wanted -> has.containsAll(wanted.entrySet()));
    }

    @Override
    public void gone(JobId job) {
      boolean known = !first.tryComplete(null);
      unsubscribe(List.of(job));
      if (known && outlet != null) {
        outlet.gone(job);
      }
    }

    @Override
    public void failed(JobId job, Throwable why) {
      first.tryFail(why);
    }

    void open(JobId id) {
      Feed.Watch opened = feed.watch(id, this);
      watch = opened;
      if (!equals(jobs.get(id))) {
        // its first look has found already that there is no such job
        opened.close();
      }
    }

    void close() {
      if (watch != null) {
        watch.close();
      }
      first.tryFail(new IllegalStateException("unsubscribed before the first look"));
    }
  }
}
