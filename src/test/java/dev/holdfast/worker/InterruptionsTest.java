package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.job.ClaimRules;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobSpec;
import dev.holdfast.world.ManualClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What is learnt of interruptions from claims and from the clock. */
class InterruptionsTest {

  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final Duration HOUR = Duration.ofHours(1);

  private final ManualClock clock = new ManualClock();
  private final CheckpointPolicy policy = CheckpointPolicy.tuned(HOUR);
  private final Interruptions interruptions = new Interruptions(policy, new Hands());

  /** The clock with a stopwatch that follows its hands. */
  private final class Hands implements Clocked {

    @Override
    public Instant instant() {
      return clock.instant();
    }

    @Override
    public long nanos() {
      return Duration.between(Instant.EPOCH, clock.instant()).toNanos();
    }

    @Override
    public Timer after(Duration delay, Runnable task) {
      return clock.after(delay, task);
    }
  }

  private Job claimed(Job job, String worker) {
    return Objects.requireNonNull(
        ClaimRules.claim(
                job,
                new Claimant(worker, Job.Place.UNKNOWN, "token", LEASE, Claimant.Company.NONE),
                clock.instant())
            .write());
  }

  private Job created() {
    JobSpec spec = new JobSpec("m", new JobSpec.Inline("\"a\"\n", 1), Map.of(), 3, null, null);
    return JobLife.created(JobId.random(), spec, clock.instant());
  }

  private double every() {
    return policy.betweenInterruptionsSeconds();
  }

  @Test
  void aWorkerThatDiedWithManyJobsIsOneInterruption() {
    Job one = claimed(created(), "dead");
    Job other = claimed(created(), "dead");
    clock.advance(Duration.ofMinutes(20));
    interruptions.claimed(claimed(one, "next"));
    assertThat(every()).isCloseTo((3600 + 1200) / 2.0, within(1.0));
    interruptions.claimed(claimed(other, "next"));
    assertThat(every()).isCloseTo((3600 + 1200) / 2.0, within(1.0));

    clock.advance(Duration.ofSeconds(1));
    Job again = claimed(created(), "dead");
    clock.advance(Duration.ofMinutes(20));
    interruptions.claimed(claimed(again, "next"));
    assertThat(every()).as("its name lives on").isCloseTo((3600 + 2400) / 3.0, within(1.0));
  }

  @Test
  void aJobThatWasHandedOverHasLostNothing() {
    Job job = JobLife.interrupted(claimed(created(), "evicted"), clock.instant());
    interruptions.claimed(claimed(job, "next"));
    interruptions.claimed(claimed(created(), "next"));
    assertThat(every()).isEqualTo(3600);
  }

  @Test
  void timeAtWorkIsCountedOnceHoweverManyAttemptsShareIt() {
    clock.advance(HOUR);
    interruptions.began();
    interruptions.began();
    clock.advance(HOUR);
    interruptions.ended();
    clock.advance(HOUR);
    interruptions.lap();
    interruptions.ended();
    clock.advance(HOUR);
    interruptions.lap();
    assertThat(every()).as("the assumed hour and two at work").isEqualTo(3 * 3600);
  }

  @Test
  void theSpanAndWhatItIsTunedByAreShownForGood() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    new WorkerMetrics(meters).checkpoints("m", policy);
    System.gc();
    assertThat(meters.get("holdfast.checkpoint.span").tag("model", "m").gauge().value())
        .isEqualTo(20);
    assertThat(meters.get("holdfast.checkpoint.cost").gauge().value()).isEqualTo(0.056);
    assertThat(meters.get("holdfast.interruptions.every").gauge().value()).isEqualTo(3600);
  }
}
