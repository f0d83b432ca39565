package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.JobView;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each promise that a chaos run looks at, broken on its own. */
@Timeout(60)
class ChaosVerdictTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final ChaosPlan PLAN =
      new ChaosPlan(
          List.of(new ChaosPlan.Submission(2, 0, Duration.ZERO)),
          List.of(new ChaosPlan.Kill(0, true, Duration.ofSeconds(5))));

  @TempDir Path directory;
  private ChaosRows rows;
  private Chaos.Outcome calm;

  @BeforeEach
  void undisturbed() throws Exception {
    rows = rows("calm", "{\"index\":0,\"embedding\":[1]}", "{\"index\":1,\"embedding\":[2]}");
    calm = outcome(job("complete", 0, "complete"), rows, List.of(), 0);
  }

  private ChaosRows rows(String name, String... lines) throws Exception {
    Path result = Files.write(directory.resolve(name + ".jsonl"), List.of(lines));
    return ChaosRows.of(result, 2, directory.resolve(name + ".vectors"));
  }

  private static JsonObject attempt(String worker, int from, String outcome) {
    return new JsonObject()
        .put("worker", worker)
        .put("started_at", START.plusSeconds(from).toString())
        .put("resumed_at_item", from == 0 ? 0 : 1)
        .put("reached_item", 2)
        .put("outcome", outcome);
  }

  /** Its first attempt is worker-1's from 0 s on, the second worker-2's from 6 s on. */
  private static JobView job(String state, int failures, String firstOutcome) throws Exception {
    JsonObject json =
        new JsonObject()
            .put("failures", failures)
            .put(
                "attempts",
                new JsonArray()
                    .add(attempt("worker-1", 0, firstOutcome))
                    .add(attempt("worker-2", 6, "complete")));
    return new JobView(
        "job_1",
        1,
        state,
        "model",
        1,
        0,
        2L,
        3,
        null,
        List.of(),
        null,
        JsonMapper.builder().build().readTree(json.encode()));
  }

  private static Chaos.Taken evicted(String worker, int at, OptionalInt code) {
    return new Chaos.Taken(
        worker,
        true,
        START.plusSeconds(at),
        Set.of("worker-2"),
        5,
        CompletableFuture.completedFuture(new Chaos.Exit(code, 1)));
  }

  private static final Chaos.Taken LEFT_WELL = evicted("worker-1", 5, OptionalInt.of(0));

  private static Chaos.Outcome outcome(
      JobView job, ChaosRows rows, List<Chaos.Taken> taken, int deaths) {
    return new Chaos.Outcome(List.of(job), List.of(rows), taken, 10, 2, deaths);
  }

  private ChaosVerdict verdict(Chaos.Outcome disturbed) throws Exception {
    return ChaosVerdict.of(PLAN, calm, disturbed);
  }

  private ChaosVerdict verdict(JobView job, ChaosRows rows, Chaos.Taken taken) throws Exception {
    return verdict(outcome(job, rows, List.of(taken), 1));
  }

  @Test
  void aHandOverThatCostNothingIsGood() throws Exception {
    ChaosVerdict verdict = verdict(job("complete", 0, "interrupted"), rows, LEFT_WELL);

    assertThat(verdict.violations()).isEmpty();
    assertThat(verdict.good()).isTrue();
    assertThat(verdict.standstills(true)).containsExactly(1.0);
    assertThat(verdict.standstills(false)).isEmpty();
    assertThat(verdict.exits()).containsExactly(1.0);
  }

  @Test
  void rowsThatAreLostDoubledOrDifferentAreViolations() throws Exception {
    ChaosRows lost = rows("lost", "{\"index\":0,\"embedding\":[1]}");
    ChaosRows doubled =
        rows(
            "doubled",
            "{\"index\":0,\"embedding\":[1]}",
            "{\"index\":0,\"embedding\":[1]}",
            "{\"index\":1,\"embedding\":[2]}");
    ChaosRows different =
        rows("different", "{\"index\":0,\"embedding\":[1]}", "{\"index\":1,\"embedding\":[3]}");
    JobView job = job("complete", 0, "interrupted");

    assertThat(verdict(job, lost, LEFT_WELL).violations())
        .containsExactly("1 rows are lost", "1 rows differ from those of the undisturbed run");
    assertThat(verdict(job, doubled, LEFT_WELL).violations())
        .containsExactly("1 rows are there twice");
    assertThat(verdict(job, different, LEFT_WELL).violations())
        .containsExactly("1 rows differ from those of the undisturbed run");
  }

  @Test
  void jobsThatFailedOrDidNotEndAreViolations() throws Exception {
    for (String state : List.of("failed", "cancelled")) {
      assertThat(verdict(job(state, 0, "interrupted"), rows, LEFT_WELL).violations())
          .singleElement()
          .asString()
          .startsWith("job_1 is " + state);
    }
    assertThat(verdict(job("processing", 0, "interrupted"), rows, LEFT_WELL).violations())
        .containsExactly("job_1 has not ended: it is processing with 1 items done when time is up");
  }

  @Test
  void anUndisturbedRunThatFailsIsAViolationToo() throws Exception {
    calm = outcome(job("failed", 0, "complete"), rows, List.of(), 0);

    assertThat(verdict(job("complete", 0, "interrupted"), rows, LEFT_WELL).violations())
        .singleElement()
        .asString()
        .startsWith("job_1 is undisturbed, failed");
  }

  @Test
  void aFailureSpentOnAnEvictionIsAViolation() throws Exception {
    assertThat(verdict(job("complete", 1, "interrupted"), rows, LEFT_WELL).violations())
        .containsExactly("job_1 spent 1 failures on evictions");
  }

  @Test
  void anExitThatIsNotZeroIsAViolation() throws Exception {
    for (OptionalInt code : List.of(OptionalInt.of(137), OptionalInt.of(70), OptionalInt.empty())) {
      assertThat(
              verdict(job("complete", 0, "interrupted"), rows, evicted("worker-1", 5, code))
                  .violations())
          .singleElement()
          .asString()
          .startsWith("worker-1 was given 15 s and ended with");
    }
  }

  @Test
  void aWorkerThatWasToldAndHandedNothingOverIsAViolation() throws Exception {
    assertThat(verdict(job("complete", 0, "lost"), rows, LEFT_WELL).violations())
        .containsExactly(
            "worker-1 left in good order, and job_1 was held as if it had been killed");
  }

  @Test
  void aWorkerThatWasKilledMayLoseItsAttempt() throws Exception {
    Chaos.Taken killed =
        new Chaos.Taken(
            "worker-1",
            false,
            START.plusSeconds(5),
            Set.of(),
            7,
            CompletableFuture.completedFuture(new Chaos.Exit(OptionalInt.empty(), 0)));

    ChaosVerdict verdict = verdict(job("complete", 0, "lost"), rows, killed);

    assertThat(verdict.violations()).isEmpty();
    assertThat(verdict.standstills(false)).containsExactly(1.0);
  }

  @Test
  void aRunInWhichNoKillMetAJobShowsNothing() throws Exception {
    Chaos.Taken idle = evicted("worker-3", 5, OptionalInt.of(0));

    assertThat(verdict(job("complete", 0, "interrupted"), rows, idle).violations())
        .singleElement()
        .asString()
        .contains("nothing is shown");
  }

  @Test
  void fewerKillsThanPlannedAreAViolation() throws Exception {
    assertThat(verdict(outcome(job("complete", 0, "complete"), rows, List.of(), 0)).violations())
        .contains("only 0 of 1 workers were taken away");
  }

  @Test
  void aProcessThatEndsByItselfIsAViolation() throws Exception {
    assertThat(
            verdict(outcome(job("complete", 0, "interrupted"), rows, List.of(LEFT_WELL), 2))
                .violations())
        .containsExactly("1 processes ended by themselves");
  }

  @Test
  void whatWorkersInferredInVainIsToldByHowTheyWereTaken() throws Exception {
    JobView job = job("complete", 0, "interrupted");
    Chaos.Taken killed =
        new Chaos.Taken(
            "worker-2",
            false,
            START.plusSeconds(9),
            Set.of(),
            7,
            CompletableFuture.completedFuture(new Chaos.Exit(OptionalInt.empty(), 0)));

    ChaosWaste waste =
        ChaosWaste.of(PLAN, outcome(job, rows, List.of(LEFT_WELL.rows(4), killed), 2));

    assertThat(waste)
        .as("each has kept one item")
        .isEqualTo(new ChaosWaste(new ChaosWaste.Items(3, 3), new ChaosWaste.Items(6, 6)));
  }

  @Test
  void rowsThatAreLeftToTheNextAttemptWereNotInferredInVain() throws Exception {
    JobView job = job("complete", 0, "interrupted");
    JsonNode attempts = job.json().path("attempts");
    ((ObjectNode) attempts.get(0)).put("loose_rows", 2);
    Chaos.Taken next = evicted("worker-2", 9, OptionalInt.of(0));

    ChaosWaste waste =
        ChaosWaste.of(PLAN, outcome(job, rows, List.of(LEFT_WELL.rows(4), next.rows(3)), 2));

    assertThat(waste.told())
        .as("the first kept one and left two, the second kept one")
        .isEqualTo(new ChaosWaste.Items(3, 2));
  }

  @Test
  void whatTheRecordsKnowToBeRecomputedIsTold() throws Exception {
    Chaos.Outcome disturbed =
        outcome(job("complete", 0, "interrupted"), rows, List.of(LEFT_WELL), 1);
    ChaosReport report = new ChaosReport(PLAN, calm, disturbed, verdict(disturbed));

    assertThat(report.recomputed()).isEqualTo(3);
    assertThat(report.json().path("overhead").asDouble()).isEqualTo(1.5);
    assertThat(report.json().path("in_vain_after_sigterm").asLong()).isEqualTo(4);
    assertThat(report.json().path("stops").path(0).path("to").asText()).isEqualTo("worker-2");
    assertThat(report.json().path("stops").path(0).path("recomputed_items").asLong()).isEqualTo(1);
    assertThat(String.join("\n", report.lines()).toLowerCase(Locale.ROOT))
        .contains("lost 0, duplicated 0, differing 0, recomputed 3 items")
        .contains("hand-overs after sigterm: 1, p50 1.0 s")
        .contains("recoveries after sigkill: none");
  }
}
