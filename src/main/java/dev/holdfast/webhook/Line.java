package dev.holdfast.webhook;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The deliveries that one replica has in hand: so many calls at once, so many to one host, and a
 * bounded line of those that wait for their turn. Not thread-safe.
 *
 * @param <T> a delivery, which is known by a key and goes to a host
 */
final class Line<T> {

  /**
   * @param calls at once
   * @param callsOfHost at once to one host
   * @param waiting deliveries in line
   * @param waitingOfHost of them for one host
   */
  record Bounds(int calls, int callsOfHost, int waiting, int waitingOfHost) {}

  private record Place<T>(String host, T delivery) {}

  private final Bounds bounds;
  private final List<Place<T>> waiting = new ArrayList<>();
  private final Map<String, Integer> waitingOf = new HashMap<>();
  private final Map<String, Integer> callsOf = new HashMap<>();
  private final Set<Object> keys = new HashSet<>();
  private int reserved;
  private int calls;

  Line(Bounds bounds) {
    this.bounds = bounds;
  }

  boolean holds(Object key) {
    return keys.contains(key);
  }

  boolean isEmpty() {
    return keys.isEmpty();
  }

  int calls() {
    return calls;
  }

  int waiting() {
    return reserved;
  }

  /** Takes a place for what is about to come; false if there is none. */
  boolean reserve(Object key, String host) {
    if (reserved >= bounds.waiting()
        || waitingOf.getOrDefault(host, 0) >= bounds.waitingOfHost()
        || !keys.add(key)) {
      return false;
    }
    reserved++;
    waitingOf.merge(host, 1, Integer::sum);
    return true;
  }

  /** It comes. */
  void join(String host, T delivery) {
    waiting.add(new Place<>(host, delivery));
  }

  /** It does not come after all. */
  void leave(Object key, String host) {
    free(host);
    keys.remove(key);
  }

  private void free(String host) {
    reserved--;
    less(waitingOf, host);
  }

  /** Whose turn it is; its call counts from now on. */
  Optional<T> next() {
    if (calls >= bounds.calls()) {
      return Optional.empty();
    }
    for (Iterator<Place<T>> places = waiting.iterator(); places.hasNext(); ) {
      Place<T> place = places.next();
      if (callsOf.getOrDefault(place.host(), 0) < bounds.callsOfHost()) {
        places.remove();
        free(place.host());
        calls++;
        callsOf.merge(place.host(), 1, Integer::sum);
        return Optional.of(place.delivery());
      }
    }
    return Optional.empty();
  }

  /** A call has ended; the delivery is held until it is {@link #forget forgotten}. */
  void called(String host) {
    calls--;
    less(callsOf, host);
  }

  /** Takes those out of the line that have waited too long; they are held until forgotten. */
  List<T> takeOut(Predicate<T> tooLong) {
    List<T> out = new ArrayList<>();
    for (Iterator<Place<T>> places = waiting.iterator(); places.hasNext(); ) {
      Place<T> place = places.next();
      if (tooLong.test(place.delivery())) {
        places.remove();
        free(place.host());
        out.add(place.delivery());
      }
    }
    return out;
  }

  void forget(Object key) {
    keys.remove(key);
  }

  private static void less(Map<String, Integer> counts, String host) {
    counts.computeIfPresent(host, (key, count) -> count > 1 ? count - 1 : null);
  }
}
