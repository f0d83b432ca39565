package dev.holdfast.live;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Those who watch every job that has news. Belongs to one context. */
final class WatchersOfAll {

  private final Set<Watcher> watchers = new LinkedHashSet<>();

  Watch add(Watcher watcher) {
    Watcher shielded = new ShieldedWatcher(watcher);
    watchers.add(shielded);
    return () -> watchers.remove(shielded);
  }

  boolean isEmpty() {
    return watchers.isEmpty();
  }

  void saw(Snapshot snapshot) {
    List.copyOf(watchers).forEach(watcher -> watcher.saw(snapshot));
  }

  void missed() {
    List.copyOf(watchers).forEach(Watcher::missed);
  }

  void clear() {
    watchers.clear();
  }
}
