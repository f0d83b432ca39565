package dev.holdfast.contract;

import static dev.holdfast.contract.Futures.await;
import static dev.holdfast.contract.Jobs.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.WorkerRoster;
import dev.holdfast.job.WorkerRoster.WorkerReport;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every {@link WorkerRoster} does. Each test begins with an empty roster. */
public abstract class WorkerRosterContract {

  protected abstract WorkerRoster roster();

  /** The same roster as another process sees it. */
  protected abstract WorkerRoster another();

  private static WorkerReport report(String id, Instant seenAt, @Nullable String reason) {
    return new WorkerReport(
        id,
        "host-" + id,
        new Job.Place("node-" + id, null, false),
        4_000_000_000L,
        NOON.minusSeconds(60),
        seenAt,
        reason == null,
        reason,
        Map.of("minilm", "ab".repeat(32)),
        64,
        3,
        5_000_000_000L,
        27.5,
        8081);
  }

  @Test
  void listsTheNewestReportOfEachWorkerById() {
    WorkerReport b = report("b", NOON, null);
    WorkerReport a = report("a", NOON.plusMillis(1), "loading \"minilm\"");
    await(roster().report(report("b", NOON.minusSeconds(5), "loading")));
    await(roster().report(b));
    await(another().report(a));
    assertThat(await(another().list(NOON.minusSeconds(1)))).containsExactly(a, b);
  }

  @Test
  void aSilentWorkerIsNotListed() {
    WorkerReport loud = report("loud", NOON, null);
    await(roster().report(report("silent", NOON.minusSeconds(31), null)));
    await(roster().report(loud));
    assertThat(await(roster().list(NOON.minus(WorkerRoster.FORGOTTEN_AFTER))))
        .containsExactly(loud);
    assertThat(await(roster().list(NOON))).as("reported after, not at").isEmpty();
  }

  @Test
  void aWorkerThatLeavesIsGoneUntilItReportsAgain() {
    WorkerReport report = report("w", NOON, null);
    await(roster().report(report));
    await(another().leave("w"));
    await(another().leave("w"));
    assertThat(await(roster().list(NOON.minusSeconds(1)))).isEmpty();
    await(roster().report(report));
    assertThat(await(roster().list(NOON.minusSeconds(1)))).containsExactly(report);
  }
}
