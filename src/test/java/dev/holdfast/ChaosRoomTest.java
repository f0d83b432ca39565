package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.client.JobView;
import dev.holdfast.worker.WorkerOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Which hand-overs of a chaos run say how fast one is. */
class ChaosRoomTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private static Chaos.Taken evicted(String worker, int at) {
    return new Chaos.Taken(
        worker,
        true,
        START.plusSeconds(at),
        Set.of("worker-2", "worker-3"),
        0,
        CompletableFuture.completedFuture(new Chaos.Exit(OptionalInt.of(0), 1)));
  }

  private static final Chaos.Taken AT_FIVE = evicted("worker-1", 5);

  private static JsonObject attempt(String worker, int from, int to) {
    return new JsonObject()
        .put("worker", worker)
        .put("started_at", START.plusSeconds(from).toString())
        .put("ended_at", START.plusSeconds(to).toString())
        .put("outcome", "interrupted");
  }

  private static JobView job(JsonObject... attempts) throws Exception {
    JsonArray all = new JsonArray(List.of(attempts));
    String json = new JsonObject().put("attempts", all).encode();
    return new JobView(
        "job_1",
        1,
        "complete",
        "model",
        1,
        0,
        2L,
        3,
        null,
        List.of(),
        null,
        JsonMapper.builder().build().readTree(json));
  }

  /** What worker-1 has when it is told; worker-2 goes on with it after a second. */
  private static JobView handedOver() throws Exception {
    return job(attempt("worker-1", 0, 5), attempt("worker-2", 6, 9));
  }

  /** A job that is elsewhere all the time. */
  private static List<JobView> elsewhere(String worker, int jobs) throws Exception {
    List<JobView> held = new ArrayList<>();
    for (int i = 0; i < jobs; i++) {
      held.add(job(attempt(worker, 1, 20)));
    }
    return held;
  }

  private static List<Boolean> room(List<JobView> jobs, Chaos.Taken... taken) {
    Chaos.Outcome outcome = new Chaos.Outcome(jobs, List.of(), List.of(taken), 10, 0, 0);
    List<ChaosStop> stops = ChaosStop.of(outcome);
    ChaosRoom room = new ChaosRoom(outcome, stops);
    return stops.stream().map(room::forAllWith).toList();
  }

  @Test
  void readyWorkersWithFreeSlotsAreRoom() throws Exception {
    assertThat(room(List.of(handedOver()), AT_FIVE)).containsExactly(true);
  }

  @Test
  void workersThatWereTakenAwayMeanwhileAreNone() throws Exception {
    List<JobView> jobs = List.of(handedOver());
    assertThat(room(jobs, AT_FIVE, evicted("worker-2", 5))).containsExactly(true);
    assertThat(room(jobs, AT_FIVE, evicted("worker-2", 5), evicted("worker-3", 5)))
        .containsExactly(false);
  }

  @Test
  void fullWorkersAreNone() throws Exception {
    List<JobView> jobs = new ArrayList<>(elsewhere("worker-2", WorkerOptions.SLOTS_ALWAYS));
    jobs.addAll(elsewhere("worker-3", WorkerOptions.SLOTS_ALWAYS - 1));
    jobs.add(handedOver());
    assertThat(room(jobs, AT_FIVE)).containsExactly(true);
    jobs.add(handedOver());
    assertThat(room(jobs, AT_FIVE)).containsExactly(false, false);
  }
}
