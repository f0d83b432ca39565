package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.JobStore.Load;
import dev.holdfast.world.ManualClock;
import io.vertx.core.Future;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** That many jobs which have ended are not counted for every look at a page. */
class TallyTest {

  private final ManualClock clock = new ManualClock();
  private final Map<JobState, Long> jobs = new HashMap<>();
  private final List<String> asked = new ArrayList<>();
  private final Tally tally = new Tally(store(), clock);

  private JobStore store() {
    return (JobStore)
        Proxy.newProxyInstance(
            JobStore.class.getClassLoader(),
            new Class<?>[] {JobStore.class},
            (proxy, method, arguments) -> {
              asked.add(method.getName());
              return switch (method.getName()) {
                case "counts" -> Future.succeededFuture(Map.copyOf(jobs));
                case "backlog" ->
                    Future.succeededFuture(
                        Map.of(
                            JobState.QUEUED, new Load(jobs.getOrDefault(JobState.QUEUED, 0L), 1)));
                default -> throw new AssertionError(method);
              };
            });
  }

  private Map<JobState, Long> counts() {
    return tally.counts().result();
  }

  @Test
  void fewJobsAreCountedEachTime() {
    jobs.put(JobState.QUEUED, 7L);
    jobs.put(JobState.COMPLETE, Tally.COUNTED_A_SECOND - 1);
    assertThat(counts()).isEqualTo(jobs);
    jobs.put(JobState.COMPLETE, 1L);
    assertThat(counts()).isEqualTo(jobs);
    assertThat(asked).containsExactly("counts", "counts");
  }

  @Test
  void aMillionAreCountedOnceInTwoHundredSeconds() {
    jobs.put(JobState.QUEUED, 7L);
    jobs.put(JobState.COMPLETE, 999_000L);
    jobs.put(JobState.FAILED, 1_000L);
    assertThat(counts()).isEqualTo(jobs);

    jobs.put(JobState.QUEUED, 3L);
    jobs.put(JobState.COMPLETE, 999_004L);
    clock.advance(Duration.ofSeconds(199));
    assertThat(counts())
        .isEqualTo(
            Map.of(JobState.QUEUED, 3L, JobState.COMPLETE, 999_000L, JobState.FAILED, 1_000L));

    clock.advance(Duration.ofSeconds(1));
    assertThat(counts()).isEqualTo(jobs);
    assertThat(asked).containsExactly("counts", "backlog", "counts");
  }
}
