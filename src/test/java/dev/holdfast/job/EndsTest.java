package dev.holdfast.job;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.embedded.Embedded;
import dev.holdfast.world.ManualClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job's end is heard of once, from whoever wrote it down. */
class EndsTest {

  private static final Duration LEASE = Duration.ofSeconds(30);

  @TempDir Path directory;
  private final ManualClock clock = new ManualClock();
  private final List<String> ends = new CopyOnWriteArrayList<>();
  private Embedded embedded;
  private JobRecords api;
  private JobRecords worker;
  private JobIntake intake;

  @BeforeEach
  void open() throws Exception {
    embedded = Embedded.open(directory, Optional.empty(), clock);
    api = records("api", clock);
    worker = records("worker", clock);
    intake = new JobIntake(embedded.store(), embedded.queue(), api, clock);
  }

  @AfterEach
  void close() {
    embedded.close();
  }

  private JobRecords records(String who, Clocked time) {
    return new JobRecords(
        embedded.store(),
        embedded.events(),
        time,
        Traces.OFF,
        job -> ends.add(who + " " + job.state().wireName()));
  }

  private JobId submitted(@Nullable Instant deadline) {
    JobSpec.Input input = new JobSpec.Inline("\"a\"\n", 1);
    JobSpec spec = new JobSpec("m", input, Map.of(), 3, deadline, null);
    return await(intake.submit(JobId.random(), spec)).job().id();
  }

  private Claim claim(JobId id) {
    return await(
        worker.claim(
            id,
            new Claimant(
                "w", Job.Place.UNKNOWN, JobId.randomToken(), LEASE, Claimant.Company.NONE)));
  }

  private Reconciler reconciler(Clocked time) {
    return new Reconciler(
        embedded.store(),
        embedded.queue(),
        embedded.objects(),
        records("api", time),
        time,
        (what, why) -> {
          throw new AssertionError(what, why);
        });
  }

  @Test
  void ofAJobThatIsOverdueFromTheReconcilerThatFoundIt() {
    JobId id = submitted(clock.instant().plusSeconds(5));
    clock.advance(Duration.ofSeconds(5));
    // two that write the very same at the very same time cannot be told apart
    ManualClock another = new ManualClock();
    another.advance(Duration.ofMillis(5_001));
    try (Reconciler one = reconciler(clock);
        Reconciler two = reconciler(another)) {
      var first = one.reconcile();
      var second = two.reconcile();
      await(first);
      await(second);
    }
    assertThat(claim(id)).isInstanceOf(Claim.Terminal.class);
    assertThat(ends).containsExactly("api failed");
  }

  @Test
  void ofAJobThatIsOverdueFromTheWorkerThatWouldHaveBegunIt() {
    JobId id = submitted(clock.instant().plusSeconds(5));
    clock.advance(Duration.ofSeconds(5));
    assertThat(claim(id)).isInstanceOf(Claim.Terminal.class);
    assertThat(claim(id)).isInstanceOf(Claim.Terminal.class);
    assertThat(ends).containsExactly("worker failed");
  }

  @Test
  void ofAJobThatIsCancelledAndAgainAfterItWasSentOnItsWayAgain() {
    JobId id = submitted(null);
    claim(id);
    await(intake.cancel(id));
    await(intake.cancel(id));
    assertThat(ends).containsExactly("api cancelled");
    await(intake.retry(id));
    Job held = ((Claim.Claimed) claim(id)).job();
    JobLife.Step all =
        new JobLife.Step(
            new Job.Checkpoint(1, 4, 2, 1, 10, 0), new Job.Progress(1, 0, 1L), "digest");
    await(worker.update(held, (job, now) -> JobLife.completed(job, all, now)));
    assertThat(ends).containsExactly("api cancelled", "worker complete");
  }
}
