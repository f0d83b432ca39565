package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.ClaimRules;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Claimant.Company;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobSpec;
import dev.holdfast.world.ManualClock;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ProbationTest {

  private static final Duration LEASE = Duration.ofSeconds(30);

  private final ManualClock clock = new ManualClock();
  private final AtomicInteger acquitted = new AtomicInteger();

  private Job claim(Job job, String worker) {
    Claimant by = new Claimant(worker, Job.Place.UNKNOWN, worker, LEASE, Company.NONE);
    return Objects.requireNonNull(ClaimRules.claim(job, by, clock.instant()).write());
  }

  /** Of a job whose worker last said that it had reached item 50, and then no more. */
  private Probation probation() {
    JobSpec spec = new JobSpec("m", new JobSpec.Inline("\"a\"\n", 1), Map.of(), 3, null, null);
    Job begun = claim(JobLife.created(JobId.random(), spec, clock.instant()), "first");
    Job told = JobLife.alive(begun, new Job.Progress(50, 0, 100L), LEASE, clock.instant());
    clock.advance(LEASE.plusSeconds(1));
    return Probation.after(claim(told, "second"), clock, acquitted::incrementAndGet);
  }

  private static Job.Checkpoint at(long next) {
    return new Job.Checkpoint(next, next, next, 1, next, 0);
  }

  @Test
  void lastsUntilWhatTheDeadMayHaveReachedIsDurable() {
    Probation probation = probation();
    clock.advance(Duration.ofSeconds(60));
    assertThat(probation.due(49)).as("its first step, not yet where the dead one was").isTrue();
    probation.durable(at(49));
    assertThat(probation.on()).isTrue();
    assertThat(probation.due(50)).as("it may have come further than it said").isFalse();
    clock.advance(Duration.ofSeconds(1));
    assertThat(probation.due(60)).isFalse();
    clock.advance(Duration.ofSeconds(1));
    assertThat(probation.due(70)).isTrue();
    assertThat(probation.due(71)).as("is cut once").isFalse();
    assertThat(probation.on()).isTrue();

    probation.durable(at(60));
    assertThat(acquitted).hasValue(0);
    probation.durable(at(70));
    assertThat(acquitted).hasValue(1);
    assertThat(probation.on()).isFalse();

    probation.durable(at(80));
    assertThat(acquitted).as("said once").hasValue(1);
  }

  @Test
  void itsStepsBeginSmallAndDouble() {
    Probation probation = probation();
    assertThat(probation.step(4)).isEqualTo(4);
    assertThat(probation.due(4)).isTrue();
    assertThat(probation.step(4)).isEqualTo(4);
    assertThat(probation.due(7)).isFalse();
    assertThat(probation.due(8)).isTrue();
    assertThat(probation.step(4)).isEqualTo(8);
    assertThat(probation.due(15)).isFalse();
    assertThat(probation.due(20)).isTrue();
    assertThat(probation.due(39)).isFalse();
    assertThat(probation.due(40)).isTrue();
  }

  @Test
  void anUnsuspectedJobIsOnNone() {
    Probation none = Probation.none(clock);
    assertThat(none.step(4)).isEqualTo(Integer.MAX_VALUE);
    assertThat(none.on()).isFalse();
    assertThat(none.due(1_000)).isFalse();
  }
}
