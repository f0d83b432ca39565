package dev.holdfast.live;

import dev.holdfast.job.JobId;
import dev.holdfast.live.News.Known;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one subscriber: of each job the newest snapshot and the newest end, in the order
 * in which the jobs had news. A job's versions only grow from one that is taken to the next.
 */
final class Conflation {

  /** Jobs whose last version is remembered beyond those that are asked for by their id. */
  private static final int KNOWN_MAX = 2_000;

  private static final float LOAD_FACTOR = 0.75f;

  /**
   * @param end whether it is the snapshot of an end, which no newer one replaces
   */
  private record Key(JobId job, boolean end) {}

  private final int waitingMax;
  private final Map<Key, Snapshot> waiting = new LinkedHashMap<>(4);
  private final LinkedHashMap<JobId, Known> known =
      new LinkedHashMap<>(4, LOAD_FACTOR, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<JobId, Known> eldest) {
          return size() > KNOWN_MAX;
        }
      };

  /**
   * @param waitingMax snapshots that may wait
   */
  Conflation(int waitingMax) {
    this.waitingMax = waitingMax;
  }

  /** The subscriber has the job up to this version. */
  void knows(JobId job, long version) {
    known.put(job, Known.version(version));
  }

  /** What the subscriber has of the job counts no more: its next snapshot is its first again. */
  void forget(JobId job) {
    known.remove(job);
  }

  /**
   * Takes a snapshot, unless the subscriber has one as new.
   *
   * @return false if too much is waiting already
   */
  boolean offer(Snapshot snapshot) {
    JobId job = snapshot.job().id();
    Known last = known.get(job);
    if (last != null && last.state() == null && snapshot.job().version() < last.version()) {
      // nothing was ever written under the number that the subscriber says it has
      forget(job);
      last = null;
    }
    if (last != null && snapshot.job().version() <= last.version()) {
      return true;
    }
    Key key = new Key(job, snapshot.job().state().terminal());
    if (key.end()) {
      // what is newer than this end comes after it, so it must not keep the older one's place
      waiting.remove(new Key(job, false));
    }
    if (!waiting.containsKey(key) && waiting.size() >= waitingMax) {
      return false;
    }
    waiting.put(key, snapshot);
    return true;
  }

  /** What the subscriber gets next, or null if there is nothing new for it. */
  @Nullable News next() {
    while (!waiting.isEmpty()) {
      var first = waiting.entrySet().iterator();
      Snapshot snapshot = first.next().getValue();
      first.remove();
      Known now = Known.of(snapshot.job());
      Known last = known.get(snapshot.job().id());
      if (last == null || now.version() > last.version()) {
        known.put(snapshot.job().id(), now);
        return new News(last == null ? News.Type.STATE : last.typeOf(now), snapshot);
      }
    }
    return null;
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }
}
