package dev.holdfast;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.client.JobView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * An attempt that a worker's taking away ended, and the next one, which went on.
 *
 * @param outcome what the job's record says of the attempt that was ended
 * @param resumed when the next one began
 * @param by whose that one is
 * @param recomputed items that it had to infer again, as the record knows them
 */
record ChaosStop(
    String job, String outcome, Chaos.Taken taken, Instant resumed, String by, long recomputed) {

  /** All of a run, the shortest first. */
  static List<ChaosStop> of(Chaos.Outcome outcome) {
    List<ChaosStop> stops = new ArrayList<>();
    for (JobView job : outcome.jobs()) {
      JsonNode attempts = job.json().path("attempts");
      for (int i = 0; i + 1 < attempts.size(); i++) {
        JsonNode attempt = attempts.get(i);
        Instant began = Instant.parse(attempt.path("started_at").asText());
        JsonNode following = attempts.get(i + 1);
        Instant next = Instant.parse(following.path("started_at").asText());
        long again =
            attempt.path("reached_item").asLong() - following.path("resumed_at_item").asLong();
        ender(outcome.taken(), attempt.path("worker").asText(), began)
            .filter(taken -> !taken.at().isAfter(next))
            .ifPresent(
                taken ->
                    stops.add(
                        new ChaosStop(
                            job.id(),
                            attempt.path("outcome").asText(),
                            taken,
                            next,
                            following.path("worker").asText(),
                            Math.max(0, again))));
      }
    }
    stops.sort(Comparator.comparingDouble(ChaosStop::seconds));
    return stops;
  }

  /** Names are used again, so it is the first of that name since the attempt began. */
  static Optional<Chaos.Taken> ender(List<Chaos.Taken> taken, String worker, Instant began) {
    return taken.stream()
        .filter(t -> t.worker().equals(worker) && !t.at().isBefore(began))
        .min(Comparator.comparing(Chaos.Taken::at));
  }

  /** How long the job stood still. */
  double seconds() {
    return Duration.between(taken.at(), resumed).toMillis() / 1e3;
  }
}
