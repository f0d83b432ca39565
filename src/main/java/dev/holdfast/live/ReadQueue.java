package dev.holdfast.live;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Jobs that are to be read, each once: before the others those that somebody waits for to see at
 * all, so that nobody new waits behind everything that only may have changed. Belongs to one
 * context.
 */
final class ReadQueue {

  /** First looks in a row; then one of the others, so that these go on, too. */
  private static final int FIRST_IN_A_ROW_MAX = 8;

  private final Set<Feed.Topic> first = new LinkedHashSet<>();
  private final Set<Feed.Topic> others = new LinkedHashSet<>();
  private int inARow;

  /**
   * @param awaited whether somebody waits for its first look
   */
  void add(Feed.Topic topic, boolean awaited) {
    if (awaited) {
      others.remove(topic);
      first.add(topic);
    } else if (!first.contains(topic)) {
      others.add(topic);
    }
  }

  boolean holds(Feed.Topic topic) {
    return first.contains(topic) || others.contains(topic);
  }

  /** Takes out what is to be read next, or null if there is nothing. */
  Feed.@Nullable Topic next() {
    boolean others = first.isEmpty() || (inARow >= FIRST_IN_A_ROW_MAX && !this.others.isEmpty());
    inARow = others ? 0 : inARow + 1;
    var topics = (others ? this.others : first).iterator();
    if (!topics.hasNext()) {
      return null;
    }
    Feed.Topic topic = topics.next();
    topics.remove();
    return topic;
  }

  void clear() {
    first.clear();
    others.clear();
  }
}
