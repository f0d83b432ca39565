package dev.holdfast.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.job.Claimant.Company;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The rules of a job's life, one by one, on records that no store has seen. */
class JobLifeTest {

  private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration LEASE = Duration.ofSeconds(30);

  private static Job fresh() {
    return JobLife.created(
        JobId.random(),
        new JobSpec("m", new JobSpec.Inline("\"a\"\n", 1), Map.of(), 3, null, null),
        T0);
  }

  private static final Job.Place PLACE = new Job.Place("node-1", "zone-b", true);

  private static ClaimRules.Decision claim(
      Job job, String worker, String token, Instant at, Company company) {
    return ClaimRules.claim(job, new Claimant(worker, PLACE, token, LEASE, company), at);
  }

  private static Job claimed(Job job, String worker, Instant at) {
    ClaimRules.Decision decision = claim(job, worker, worker + at, at, Company.NONE);
    assertThat(decision.outcome()).isInstanceOf(Claim.Claimed.class);
    return Objects.requireNonNull(decision.write());
  }

  private static JobLife.Step step(long nextItem) {
    return new JobLife.Step(
        new Job.Checkpoint(nextItem, nextItem * 10, nextItem + 1, 1, 100, 0),
        new Job.Progress(nextItem, 0, 10L),
        "digest");
  }

  @Test
  void aClaimRaisesTheFenceAndTakesTheLease() {
    Job job = claimed(fresh(), "w1", T0);

    assertThat(job.fence()).isEqualTo(1);
    assertThat(job.version()).isEqualTo(2);
    assertThat(job.state()).isEqualTo(JobState.PROCESSING);
    assertThat(job.leased(T0.plusSeconds(29))).isTrue();
    assertThat(job.leased(T0.plusSeconds(30))).isFalse();
    assertThat(job.attempts()).hasSize(1);
  }

  @Test
  void aLiveLeaseKeepsOthersOutAndLetsItsOwnTokenIn() {
    Job job = claimed(fresh(), "w1", T0);
    String token = Objects.requireNonNull(job.lease()).token();

    assertThat(claim(job, "w2", "other", T0.plusSeconds(1), Company.NONE).outcome())
        .isEqualTo(new Claim.Busy(T0.plus(LEASE)));
    ClaimRules.Decision again = claim(job, "w1", token, T0.plusSeconds(1), Company.NONE);
    assertThat(again.outcome()).isEqualTo(new Claim.Claimed(job, job.updatedAt()));
    assertThat(again.write()).isNull();
  }

  @Test
  void anExpiredLeaseIsTakenOverAndTheLostAttemptCounted() {
    Job first = claimed(fresh(), "w1", T0);
    Job moved = JobLife.checkpointed(first, step(4), LEASE, T0.plusSeconds(5));
    Job ahead = JobLife.alive(moved, new Job.Progress(7, 0, 10L), LEASE, T0.plusSeconds(6));

    Job second = claimed(ahead, "w2", T0.plusSeconds(60));

    assertThat(second.fence()).isEqualTo(2);
    assertThat(second.spent()).isEqualTo(new Job.Spent(0, 1, 0));
    assertThat(second.progress().done()).isEqualTo(4);
    assertThat(second.attempts().get(0).outcome()).isEqualTo(Job.Outcome.LOST);
    assertThat(second.attempts().get(1).resumedAt()).isEqualTo(4);
    assertThat(second.recomputed()).isEqualTo(3);
  }

  @Test
  void theThirdSilentDeathWithoutProgressFailsTheJobWithTheReason() {
    Job job = fresh();
    Instant at = T0;
    for (int i = 0; i < JobLife.SUSPECTS_MAX; i++) {
      job = ClaimRules.touched(claimed(job, "w" + i, at), LEASE, at);
      at = at.plusSeconds(60);
    }

    ClaimRules.Decision last = claim(job, "w9", "t9", at, Company.NONE);

    assertThat(last.outcome()).isInstanceOf(Claim.Terminal.class);
    Job failed = Objects.requireNonNull(last.write());
    assertThat(failed.state()).isEqualTo(JobState.FAILED);
    assertThat(Objects.requireNonNull(failed.error()).code()).isEqualTo("worker_lost");
    assertThat(failed.error().message()).contains("item 0");
    assertThat(failed.spent().failures()).as("the third in a row counts as one").isEqualTo(1);
  }

  /** The first time it is one of many that a dead worker had; the second time it is looked at. */
  @Test
  void theSecondSilentDeathLeavesNoCompany() {
    Job job = claimed(fresh(), "w1", T0);
    Instant at = T0.plusSeconds(60);
    job = Objects.requireNonNull(claim(job, "w2", "t2", at, Company.ANY).write());
    job = ClaimRules.touched(job, LEASE, at);

    at = at.plusSeconds(60);
    ClaimRules.Decision decision = claim(job, "w3", "t3", at, Company.ANY);
    assertThat(decision.outcome()).isEqualTo(new Claim.Suspect());
    assertThat(decision.write()).isNull();
    assertThat(claim(job, "w3", "t3", at, Company.NONE).outcome())
        .isInstanceOf(Claim.Claimed.class);
  }

  @Test
  void silentDeathsWithProgressInBetweenNeverFailIt() {
    Job job = fresh();
    Instant at = T0;
    for (int i = 1; i <= 20; i++) {
      job = JobLife.checkpointed(claimed(job, "w", at), step(i), LEASE, at);
      at = at.plusSeconds(60);
    }
    assertThat(job.spent().suspects()).isZero();
    assertThat(job.spent().interruptions()).isEqualTo(19);
  }

  @Test
  void anInterruptionSpendsNoFailureAndFreesTheJobAtOnce() {
    Job job = JobLife.interrupted(claimed(fresh(), "w1", T0), T0.plusSeconds(1));

    assertThat(job.state()).isEqualTo(JobState.INTERRUPTED);
    assertThat(job.lease()).isNull();
    assertThat(job.spent()).isEqualTo(new Job.Spent(0, 1, 0));
  }

  @Test
  void evenInterruptionsAreBounded() {
    Job job = fresh();
    for (int i = 0; i < JobSpec.INTERRUPTIONS_MAX; i++) {
      job = JobLife.interrupted(claimed(job, "w", T0), T0);
    }
    assertThat(job.state()).isEqualTo(JobState.INTERRUPTED);
    assertThat(job.attempts()).hasSize(JobLife.ATTEMPTS_KEPT);

    Job last = JobLife.interrupted(claimed(job, "w", T0), T0);
    assertThat(last.state()).isEqualTo(JobState.FAILED);
  }

  @Test
  void failuresAreSpentUntilTheBudgetEnds() {
    Job job = fresh();
    JobException reason = JobError.INPUT_NOT_FOUND.because("gone");
    for (int i = 1; i <= 3; i++) {
      assertThat(job.state()).isEqualTo(JobState.QUEUED);
      job = JobLife.attemptFailed(claimed(job, "w", T0), reason, true, Duration.ZERO, T0);
      assertThat(job.spent().failures()).isEqualTo(i);
    }
    assertThat(job.state()).isEqualTo(JobState.FAILED);
    assertThat(job.wakeAt()).isEqualTo(T0.plus(Job.KEPT_AFTER_END));
  }

  @Test
  void aHopelessFailureEndsTheJobAtOnce() {
    Job job =
        JobLife.attemptFailed(
            claimed(fresh(), "w", T0),
            JobError.INPUT_CHANGED.because("changed"),
            false,
            Duration.ZERO,
            T0);
    assertThat(job.state()).isEqualTo(JobState.FAILED);
  }

  @Test
  void aRetryKeepsTheCheckpointAndRestoresTheBudgets() {
    Job at4 = JobLife.checkpointed(claimed(fresh(), "w", T0), step(4), LEASE, T0);
    Job failed =
        JobLife.attemptFailed(at4, JobError.INPUT_CHANGED.because("x"), false, Duration.ZERO, T0);

    Job again = JobLife.retried(failed, T0.plusSeconds(9));

    assertThat(again.state()).isEqualTo(JobState.QUEUED);
    assertThat(again.checkpoint().nextItem()).isEqualTo(4);
    assertThat(again.spent()).isEqualTo(Job.Spent.NOTHING);
    assertThat(again.modelDigest()).isEqualTo("digest");
    assertThat(again.error()).isNull();
  }

  @Test
  void aCompleteJobIsFinal() {
    Job complete = JobLife.completed(claimed(fresh(), "w", T0), step(1), T0);
    assertThat(complete.progress()).isEqualTo(new Job.Progress(1, 0, 1L));
    assertThatThrownBy(() -> JobLife.cancelled(complete, T0))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> JobLife.retried(complete, T0))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void backoffDoublesWithJitterAndHasAnEnd() {
    assertThat(JobLife.backoff(1, 0)).isEqualTo(Duration.ofSeconds(1));
    assertThat(JobLife.backoff(1, 1)).isEqualTo(Duration.ofSeconds(2));
    assertThat(JobLife.backoff(3, 1)).isEqualTo(Duration.ofSeconds(8));
    assertThat(JobLife.backoff(1_000_000, 1)).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void theDeadlineWakesTheReconcilerInTime() {
    Instant deadline = T0.plusSeconds(5);
    Job job =
        JobLife.created(
            JobId.random(),
            new JobSpec("m", new JobSpec.Inline("1\n", 1), Map.of(), 3, deadline, null),
            T0);
    assertThat(job.wakeAt()).isEqualTo(deadline);
    Job failed = JobLife.overdue(claimed(job, "w", T0), deadline);
    assertThat(Objects.requireNonNull(failed.error()).code()).isEqualTo("deadline_exceeded");
    assertThat(failed.lease()).isNull();
  }

  @Test
  void aClaimAfterTheDeadlineEndsTheJob() {
    Instant deadline = T0.plusSeconds(5);
    Job job =
        JobLife.created(
            JobId.random(),
            new JobSpec("m", new JobSpec.Inline("1\n", 1), Map.of(), 3, deadline, null),
            T0);
    assertThat(claim(job, "w", "t", deadline.minusMillis(1), Company.NONE).outcome())
        .isInstanceOf(Claim.Claimed.class);
    ClaimRules.Decision late = claim(job, "w", "t", deadline, Company.NONE);
    assertThat(late.outcome()).isInstanceOf(Claim.Terminal.class);
    assertThat(Objects.requireNonNull(late.write()).state()).isEqualTo(JobState.FAILED);
  }

  @Test
  void timeNeverRunsBackwardsInARecord() {
    Job job = claimed(fresh(), "w", T0.minusSeconds(100));
    assertThat(job.updatedAt()).isEqualTo(T0);
  }
}
