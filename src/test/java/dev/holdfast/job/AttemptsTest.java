package dev.holdfast.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What a record says of its attempts, and what follows from how they ended. */
class AttemptsTest {

  private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final Job.Place PLACE = new Job.Place("node-1", "zone-b", true);

  private static Job fresh() {
    return JobLife.created(
        JobId.random(),
        new JobSpec("m", new JobSpec.Inline("\"a\"\n", 1), Map.of(), 3, null, null),
        T0);
  }

  private static ClaimRules.Decision claim(Job job, int second) {
    Instant at = T0.plusSeconds(second);
    return ClaimRules.claim(
        job, new Claimant("w" + second, PLACE, "t" + second, LEASE, Claimant.Company.NONE), at);
  }

  private static Job untouched(Job job, int second) {
    return ((Claim.Claimed) claim(job, second).outcome()).job();
  }

  /** Its worker has begun with the input. */
  private static Job claimed(Job job, int second) {
    return ClaimRules.touched(untouched(job, second), LEASE, T0.plusSeconds(second));
  }

  private static Job note(Job job, long fence, int second) {
    return Objects.requireNonNull(JobLife.fencedOut(job, fence, T0.plusSeconds(second)));
  }

  @Test
  void anAttemptSaysWhereItWasAndWhatItDid() {
    Job job = claimed(fresh(), 0);
    Job ahead = JobLife.alive(job, new Job.Progress(7, 0, 10L), LEASE, T0.plusSeconds(1));

    Job.Attempt attempt = ahead.attempts().get(0);
    assertThat(attempt.worker()).isEqualTo("w0");
    assertThat(attempt.place()).isEqualTo(PLACE);
    assertThat(attempt.itemsDone()).isEqualTo(7);
    assertThat(attempt.outcome()).isNull();
  }

  @Test
  void aZombiesNoteChangesHowItsAttemptEndedAndNothingElse() {
    Job job = claimed(claimed(claimed(fresh(), 0), 60), 120);
    Job noted = note(job, 2, 125);

    Job.Attempt before = job.attempts().get(1);
    Job.Attempt after = noted.attempts().get(1);
    assertThat(after.outcome()).isEqualTo(Job.Outcome.FENCED_OUT);
    assertThat(after.ended()).isEqualTo(T0.plusSeconds(125));
    assertThat(after.ended(Job.Outcome.LOST, null, Objects.requireNonNull(before.ended())))
        .isEqualTo(before);
    assertThat(noted)
        .usingRecursiveComparison()
        .ignoringFields("version", "updatedAt", "attempts")
        .isEqualTo(job);
    assertThat(List.of(noted.attempts().get(0), noted.attempts().get(2)))
        .isEqualTo(List.of(job.attempts().get(0), job.attempts().get(2)));
    assertThat(noted.version()).isEqualTo(job.version() + 1);
  }

  @Test
  void onlyAnAttemptThatWasTakenForLostIsPutRightAndOnlyOnce() {
    Job job = claimed(claimed(fresh(), 0), 60);
    assertThat(JobLife.fencedOut(job, 2, T0)).as("the one that holds the job").isNull();
    assertThat(JobLife.fencedOut(job, 3, T0)).as("one that never was").isNull();
    Job noted = note(job, 1, 61);
    assertThat(JobLife.fencedOut(noted, 1, T0.plusSeconds(62))).as("twice").isNull();
    Job left = JobLife.interrupted(claimed(fresh(), 0), T0.plusSeconds(1));
    assertThat(JobLife.fencedOut(claimed(left, 2), 1, T0)).as("one that left").isNull();
  }

  @Test
  void aJobThatHasEndedIsLeftAlone() {
    Job cancelled = JobLife.cancelled(claimed(claimed(fresh(), 0), 60), T0.plusSeconds(61));
    assertThat(JobLife.fencedOut(cancelled, 1, T0.plusSeconds(62))).isNull();
  }

  @Test
  void anAttemptThatLivedIsNoDeath() {
    Job job = claimed(claimed(fresh(), 0), 60);
    assertThat(job.spent().suspects()).isEqualTo(1);

    Job second = claimed(note(job, 1, 61), 120);
    assertThat(second.spent().suspects()).as("the second alone").isEqualTo(1);
    Job third = claimed(second, 180);
    assertThat(third.spent().suspects()).isEqualTo(2);
    ClaimRules.Decision last = claim(third, 240);
    assertThat(last.outcome()).isInstanceOf(Claim.Terminal.class);
    assertThat(Objects.requireNonNull(last.write()).spent().suspects()).isEqualTo(3);
  }

  @Test
  void anAttemptThatLivedBetweenTwoDeathsDoesNotClearTheInputOfThem() {
    Job afterDeath = claimed(fresh(), 0);
    Job zombies = claimed(afterDeath, 60);
    Job third = claimed(note(claimed(zombies, 120), 2, 121), 180);
    assertThat(third.attempts())
        .extracting(Job.Attempt::outcome)
        .containsExactly(Job.Outcome.LOST, Job.Outcome.FENCED_OUT, Job.Outcome.LOST, null);
    assertThat(third.spent().suspects()).isEqualTo(2);
  }

  @Test
  void whatDiedBeforeItBeganWithTheInputSaysNothingOfIt() {
    Job once = untouched(fresh(), 0);
    assertThat(once.attempts().get(0).untouched()).as("nobody asks the first").isFalse();
    Job job = untouched(once, 60);
    assertThat(job.spent().suspects()).isEqualTo(1);
    for (int i = 2; i <= 20; i++) {
      job = untouched(job, 60 * i);
    }
    assertThat(job.spent().suspects()).as("the first alone").isEqualTo(1);

    Job alone = untouched(ClaimRules.touched(job, LEASE, T0.plusSeconds(1_201)), 1_260);
    assertThat(alone.spent().suspects()).isEqualTo(2);
    assertThat(claim(alone, 1_320).outcome()).isInstanceOf(Claim.Claimed.class);
    Job begun = ClaimRules.touched(alone, LEASE, T0.plusSeconds(1_261));
    assertThat(claim(begun, 1_320).outcome()).isInstanceOf(Claim.Terminal.class);
  }

  @Test
  void aJobWhoseWorkersOnlyStallIsNotFailedForIt() {
    Job job = claimed(fresh(), 0);
    for (int i = 1; i <= 20; i++) {
      job = note(claimed(job, 60 * i), i, 60 * i + 1);
    }
    assertThat(job.spent().suspects()).isLessThan(JobLife.SUSPECTS_MAX);
    assertThat(job.spent().interruptions()).isEqualTo(20);
  }

  @Test
  void aBrokenDeviceIsADeathAndAnOrderlyLeaveIsNot() {
    JobException broken = JobError.WORKER_LOST.because("the device broke");
    Job first = DeviceLoss.suspected(claimed(fresh(), 0), broken, T0.plusSeconds(1));
    assertThat(first.spent().suspects()).isEqualTo(1);
    Job second = claimed(claimed(first, 2), 60);
    assertThat(second.spent().suspects()).as("and one without a word").isEqualTo(2);

    Job noted = DeviceLoss.suspected(note(second, 2, 61), broken, T0.plusSeconds(62));
    assertThat(noted.spent().suspects()).as("the second lived").isEqualTo(2);
    Job left = JobLife.interrupted(claimed(noted, 63), T0.plusSeconds(64));
    assertThat(claimed(claimed(left, 65), 120).spent().suspects()).isEqualTo(1);
  }

  @Test
  void everyKindOfInterruptionHasTheSameLimit() {
    Job job = claimed(fresh(), 0);
    for (int i = 1; i <= JobSpec.INTERRUPTIONS_MAX; i++) {
      job = claimed(JobLife.interrupted(job, T0.plusSeconds(60L * i)), 60 * i + 1);
    }
    assertThat(job.spent().interruptions()).isEqualTo(JobSpec.INTERRUPTIONS_MAX);
    int later = 60 * JobSpec.INTERRUPTIONS_MAX + 60;

    Job lost = Objects.requireNonNull(claim(job, later).write());
    Job broken =
        DeviceLoss.suspected(job, JobError.WORKER_LOST.because("broke"), T0.plusSeconds(later));
    for (Job ended : List.of(lost, broken)) {
      assertThat(ended.state()).isEqualTo(JobState.FAILED);
      assertThat(Objects.requireNonNull(ended.error()).code())
          .isEqualTo(JobError.TOO_MANY_INTERRUPTIONS.code());
    }
  }

  @Test
  void deathsBeforeARetryAreForgiven() {
    Job dying = claimed(claimed(claimed(fresh(), 0), 60), 120);
    Job failed = Objects.requireNonNull(claim(dying, 180).write());
    assertThat(failed.state()).isEqualTo(JobState.FAILED);

    Job again = claimed(JobLife.retried(failed, T0.plusSeconds(200)), 201);
    assertThat(claimed(again, 300).spent().suspects()).isEqualTo(1);
  }
}
