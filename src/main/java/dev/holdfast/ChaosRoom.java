package dev.holdfast;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.client.JobView;
import dev.holdfast.worker.WorkerOptions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether what a worker had could go on elsewhere at once. A hand-over to a fleet that is full, or
 * that was taken away itself, takes until there is a worker for it: that says how large the fleet
 * is, not how fast a hand-over.
 */
final class ChaosRoom {

  /** One attempt of any job, from its claim to its end. */
  private record Held(String worker, Instant from, Instant to) {
    boolean at(Instant moment) {
      return !from.isAfter(moment) && moment.isBefore(to);
    }
  }

  private final List<Chaos.Taken> taken;
  private final List<ChaosStop> stops;
  private final List<Held> held = new ArrayList<>();

  /**
   * @param stops all of the run
   */
  ChaosRoom(Chaos.Outcome outcome, List<ChaosStop> stops) {
    this.taken = outcome.taken();
    this.stops = stops;
    for (JobView job : outcome.jobs()) {
      for (JsonNode attempt : job.json().path("attempts")) {
        JsonNode ended = attempt.path("ended_at");
        held.add(
            new Held(
                attempt.path("worker").asText(),
                Instant.parse(attempt.path("started_at").asText()),
                ended.isTextual() ? Instant.parse(ended.asText()) : Instant.MAX));
      }
    }
  }

  /**
   * Whether the workers that were ready, and were left alone until the job went on, could take all
   * that the one that was taken away had, beside what they held at that moment.
   */
  boolean forAllWith(ChaosStop stop) {
    long wanted = stops.stream().filter(other -> other.taken().equals(stop.taken())).count();
    long room =
        stop.taken().ready().stream()
            .filter(worker -> leftAlone(worker, stop))
            .mapToLong(worker -> Math.max(0, WorkerOptions.SLOTS_ALWAYS - held(worker, stop)))
            .sum();
    return wanted <= room;
  }

  private boolean leftAlone(String worker, ChaosStop stop) {
    return taken.stream()
        .noneMatch(
            t ->
                t.worker().equals(worker)
                    && !t.at().isBefore(stop.taken().at())
                    && t.at().isBefore(stop.resumed()));
  }

  private long held(String worker, ChaosStop stop) {
    return held.stream()
        .filter(one -> one.worker().equals(worker) && one.at(stop.taken().at()))
        .count();
  }
}
