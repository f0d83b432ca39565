package dev.holdfast.api;

import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore.Load;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last hour as samples, each of which stands for the time since the one before. Thread-safe:
 * one writes, and every instance of the verticle reads.
 */
final class StatsHistory {

  /** How far apart samples are. */
  static final Duration INTERVAL = Duration.ofSeconds(10);

  /** An hour of them. */
  static final int SAMPLES_MAX = 360;

  /** Hand-overs whose lengths are remembered until the next sample; more are only counted. */
  private static final int HAND_OVERS_KEPT = 1_000;

  private final Deque<JsonObject> samples = new ArrayDeque<>();
  private final Map<JobState, Long> ends = new EnumMap<>(JobState.class);
  private final List<Duration> handOvers = new ArrayList<>();
  private long handOverCount;
  private long interruptions;
  private long rows;

  /**
   * What is read at the time of a sample.
   *
   * @param seconds since the sample before
   * @param oldest how long the oldest waiting job has waited, or null if none does
   * @param ready workers that pull jobs
   */
  record Reading(
      Instant at,
      double seconds,
      Map<JobState, Load> backlog,
      @Nullable Duration oldest,
      long ready) {}

  /** A job has ended. */
  synchronized void ended(JobState how) {
    ends.merge(how, 1L, Long::sum);
  }

  /** Rows were inferred. */
  synchronized void made(long count) {
    rows += count;
  }

  /** An attempt ended because its worker had to go or was lost. */
  synchronized void interrupted() {
    interruptions++;
  }

  /** Another worker went on with an interrupted job. */
  synchronized void handedOver(Duration gap) {
    handOverCount++;
    if (handOvers.size() < HAND_OVERS_KEPT) {
      handOvers.add(gap.isNegative() ? Duration.ZERO : gap);
    }
  }

  /** Closes a sample: what was counted since the last goes into it. */
  synchronized void sample(Reading reading) {
    JsonObject jobs = new JsonObject();
    JsonObject ended = new JsonObject();
    for (JobState state : JobState.values()) {
      if (state.terminal()) {
        ended.put(state.wireName(), ends.getOrDefault(state, 0L));
      } else {
        jobs.put(state.wireName(), reading.backlog().getOrDefault(state, Load.NONE).jobs());
      }
    }
    JsonObject sample =
        new JsonObject()
            .put("at", JobJson.timestamp(reading.at()))
            .put("seconds", reading.seconds())
            .put("jobs", jobs)
            .put("ended", ended)
            .put("items", rows)
            .put("workers_ready", reading.ready())
            .put("interruptions", interruptions)
            .put("hand_overs", handOvers());
    Duration oldest = reading.oldest();
    if (oldest != null) {
      sample.put("oldest_age_s", seconds(oldest));
    }
    samples.addLast(sample);
    if (samples.size() > SAMPLES_MAX) {
      samples.removeFirst();
    }
    ends.clear();
    handOvers.clear();
    handOverCount = 0;
    interruptions = 0;
    rows = 0;
  }

  /**
   * How many items were inferred a second, by the last samples.
   *
   * @return 0 if none was
   */
  synchronized double itemsPerSecond(int lastSamples) {
    double seconds = 0;
    long items = 0;
    Iterator<JsonObject> newest = samples.descendingIterator();
    for (int i = 0; i < lastSamples && newest.hasNext(); i++) {
      JsonObject sample = newest.next();
      seconds += sample.getDouble("seconds");
      items += sample.getLong("items");
    }
    return seconds == 0 ? 0 : items / seconds;
  }

  private JsonObject handOvers() {
    JsonObject json = new JsonObject().put("count", handOverCount);
    if (!handOvers.isEmpty()) {
      Collections.sort(handOvers);
      json.put("median_s", seconds(handOvers.get(handOvers.size() / 2)))
          .put("longest_s", seconds(handOvers.get(handOvers.size() - 1)));
    }
    return json;
  }

  private static double seconds(Duration duration) {
    return Math.max(0, duration.toMillis()) / 1000.0;
  }

  /** Oldest first. */
  synchronized JsonObject json() {
    return new JsonObject()
        .put("interval_s", INTERVAL.toSeconds())
        .put("samples", new JsonArray(new ArrayList<>(samples)));
  }
}
