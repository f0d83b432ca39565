package dev.holdfast.contract;

import static dev.holdfast.contract.Futures.await;
import static dev.holdfast.contract.Futures.refusal;
import static dev.holdfast.contract.Jobs.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.ClaimRules;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Claimant.Company;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.JobStore.Load;
import dev.holdfast.job.JobStore.Page;
import dev.holdfast.job.JobStore.Query;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link JobStore} does. Each test begins with an empty store. */
public abstract class JobStoreContract {

  protected abstract JobStore store();

  /** The same records as another process sees them. */
  protected abstract JobStore another();

  private static Query all(int limit, @Nullable String cursor) {
    return new Query(null, null, null, limit, cursor);
  }

  @Test
  void keepsEveryFieldOfARecord() {
    Job full = Jobs.full(NOON);
    Job stored =
        Jobs.queued(
            new JobSpec("m", new JobSpec.Stored("inputs/a", 7, null), Map.of(), 1, null, null),
            NOON);
    await(store().create(full));
    await(store().create(stored));
    assertThat(await(another().get(full.id()))).contains(full);
    assertThat(await(another().get(stored.id()))).contains(stored);
  }

  @Test
  void aRecordThatIsNotThereIsEmpty() {
    assertThat(await(store().get(JobId.random()))).isEmpty();
  }

  @Test
  void createsOnlyOnceAndReturnsWhatIsThere() {
    Job first = Jobs.queued(NOON);
    Job second = Jobs.next(first, JobState.CANCELLED);
    assertThat(await(store().create(first))).isEqualTo(new JobStore.Created(first, true));
    assertThat(await(another().create(second))).isEqualTo(new JobStore.Created(first, false));
    assertThat(await(store().get(first.id()))).contains(first);
  }

  @Test
  void replacesOnlyTheVersionThatWasRead() {
    Job first = Jobs.queued(NOON);
    await(store().create(first));
    Job second = Jobs.next(first, JobState.PROCESSING);
    assertThat(await(store().replace(first, second))).isTrue();
    assertThat(await(another().replace(first, Jobs.next(first, JobState.CANCELLED)))).isFalse();
    assertThat(await(another().get(first.id()))).contains(second);
    Job never = Jobs.queued(NOON);
    assertThat(await(store().replace(never, Jobs.next(never, JobState.FAILED)))).isFalse();
  }

  @Test
  void deletesOnlyTheVersionThatWasRead() {
    Job first = Jobs.queued(Jobs.spec("minilm", Map.of("team", "a")), NOON);
    Job second = Jobs.next(first, JobState.PROCESSING);
    await(store().create(first));
    await(store().replace(first, second));
    assertThat(await(store().delete(first))).isFalse();
    assertThat(await(store().delete(second))).isTrue();
    assertThat(await(store().delete(second))).isFalse();
    assertThat(await(store().get(first.id()))).isEmpty();
    assertThat(await(store().create(first)).isNew()).as("its name is free again").isTrue();
    assertThat(await(store().list(new Query(null, null, Map.entry("team", "a"), 10, null))).jobs())
        .containsExactly(first);
  }

  @Test
  void losesNoneOfTheWritesOfEightRivals() throws Exception {
    int rivals = 8;
    int writesEach = 25;
    Job job = Jobs.queued(NOON);
    await(store().create(job));
    ExecutorService threads = Executors.newFixedThreadPool(rivals);
    try {
      List<Callable<Boolean>> tasks = new ArrayList<>();
      for (int i = 0; i < rivals; i++) {
        JobStore mine = i % 2 == 0 ? store() : another();
        tasks.add(
            () -> {
              for (int done = 0; done < writesEach; ) {
                Job now = await(mine.get(job.id())).orElseThrow();
                Job next = Jobs.next(now, JobState.PROCESSING, now.wakeAt(), now.fence() + 1);
                done += await(mine.replace(now, next)) ? 1 : 0;
              }
              return true;
            });
      }
      for (var done : threads.invokeAll(tasks)) {
        assertThat(done.get()).isTrue();
      }
    } finally {
      threads.shutdownNow();
    }
    Job last = await(store().get(job.id())).orElseThrow();
    assertThat(last.fence()).isEqualTo((long) rivals * writesEach);
    assertThat(last.version()).isEqualTo(1L + (long) rivals * writesEach);
  }

  @Test
  void listsNewestFirstAndNothingMovesWhenRecordsAreCreatedMeanwhile() {
    List<Job> jobs =
        IntStream.range(0, 25).mapToObj(i -> Jobs.queued(NOON.plusMillis(i / 3))).toList();
    jobs.forEach(job -> await(store().create(job)));
    List<Job> listed = new ArrayList<>();
    @Nullable String cursor = null;
    do {
      Page page = await(store().list(all(4, cursor)));
      assertThat(page.jobs()).hasSizeLessThanOrEqualTo(4);
      listed.addAll(page.jobs());
      cursor = page.next();
      await(store().create(Jobs.queued(NOON.plusSeconds(listed.size()))));
    } while (cursor != null);
    assertThat(listed).containsExactlyInAnyOrderElementsOf(jobs).doesNotHaveDuplicates();
    assertThat(listed).isSortedAccordingTo((a, b) -> b.createdAt().compareTo(a.createdAt()));
  }

  @Test
  void anEndIsToldByTheLastPageAndNotByAnEmptyOne() {
    IntStream.range(0, 4).forEach(i -> await(store().create(Jobs.queued(NOON.plusMillis(i)))));
    Page first = await(store().list(all(2, null)));
    assertThat(first.next()).isNotNull();
    Page second = await(store().list(all(2, first.next())));
    assertThat(second.jobs()).hasSize(2);
    assertThat(second.next()).isNull();
  }

  @Test
  void filtersByStateModelAndLabelTogetherAndAlone() {
    Set<Job> jobs = new HashSet<>();
    for (JobState state : List.of(JobState.QUEUED, JobState.PROCESSING)) {
      for (String model : List.of("a", "b")) {
        for (String team : List.of("x", "y")) {
          Job job = Jobs.queued(Jobs.spec(model, Map.of("team", team, "all", "yes")), NOON);
          await(store().create(job));
          Job now = Jobs.next(job, state);
          assertThat(await(store().replace(job, now))).isTrue();
          jobs.add(now);
        }
      }
    }
    for (JobState state : new @Nullable JobState[] {null, JobState.QUEUED, JobState.FAILED}) {
      for (String model : new @Nullable String[] {null, "a", "c"}) {
        for (Map.Entry<String, String> label :
            new ArrayList<Map.@Nullable Entry<String, String>>(
                Arrays.asList(null, Map.entry("team", "y"), Map.entry("y", "team")))) {
          List<Job> wanted =
              jobs.stream()
                  .filter(j -> state == null || j.state() == state)
                  .filter(j -> model == null || j.spec().model().equals(model))
                  .filter(
                      j ->
                          label == null
                              || label.getValue().equals(j.spec().labels().get(label.getKey())))
                  .toList();
          List<Job> listed = new ArrayList<>();
          @Nullable String cursor = null;
          do {
            Page page = await(store().list(new Query(state, model, label, 3, cursor)));
            listed.addAll(page.jobs());
            cursor = page.next();
          } while (cursor != null);
          assertThat(listed)
              .as("%s %s %s", state, model, label)
              .containsExactlyInAnyOrderElementsOf(wanted);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "!!!", "MTIz", "MTJ8am9iXw", "' OR 1=1 --"})
  void refusesACursorThatItDidNotMake(String cursor) {
    refusal(store().list(all(10, cursor)), JobError.INVALID_CURSOR);
  }

  @Test
  void givesWhatIsDueLongestDueFirst() {
    List<Job> jobs =
        IntStream.of(3, 1, 2, 5).mapToObj(i -> Jobs.queued(NOON.plusSeconds(i))).toList();
    jobs.forEach(job -> await(store().create(job)));
    var due = await(store().due(NOON.plusSeconds(63), 10));
    assertThat(due).containsExactly(jobs.get(1), jobs.get(2), jobs.get(0));
    assertThat(await(store().due(NOON.plusSeconds(63), 2)))
        .containsExactly(jobs.get(1), jobs.get(2));
    Job later = Jobs.next(jobs.get(1), JobState.QUEUED, NOON.plusSeconds(999), 0);
    await(store().replace(jobs.get(1), later));
    assertThat(await(store().due(NOON.plusSeconds(63), 10)))
        .containsExactly(jobs.get(2), jobs.get(0));
    assertThat(await(store().due(NOON.plusSeconds(60).plusMillis(1999), 10))).isEmpty();
  }

  @Test
  void countsByState() {
    Job moved = Jobs.queued(NOON);
    await(store().create(moved));
    await(store().create(Jobs.queued(NOON)));
    await(store().create(Jobs.queued(NOON)));
    await(store().replace(moved, Jobs.next(moved, JobState.FAILED)));
    Map<JobState, Long> counts = await(store().counts());
    assertThat(counts).containsEntry(JobState.QUEUED, 2L).containsEntry(JobState.FAILED, 1L);
    assertThat(counts.getOrDefault(JobState.COMPLETE, 0L)).isZero();
  }

  @Test
  void sumsUpWhatIsLeftAndLeavesOutWhatHasEnded() {
    assertThat(await(store().backlog()).values()).allMatch(Load.NONE::equals);
    JobSpec hundred =
        new JobSpec("m", new JobSpec.Stored("inputs/a", 7_000, 100), Map.of(), 1, null, null);
    JobSpec uncounted =
        new JobSpec(
            "m", new JobSpec.External("file:///in/a.jsonl", 256_000, "r"), Map.of(), 1, null, null);
    Job claimed = JobLife.created(JobId.random(), hundred, NOON);
    await(store().create(claimed));
    await(store().create(JobLife.created(JobId.random(), hundred, NOON)));
    await(store().create(JobLife.created(JobId.random(), uncounted, NOON)));
    Job over = Jobs.queued(NOON);
    await(store().create(over));
    assertThat(await(another().backlog())).containsEntry(JobState.QUEUED, new Load(4, 1_201));

    Claimant by = new Claimant("w", Job.Place.UNKNOWN, "t", Duration.ofSeconds(30), Company.ANY);
    Job held = Objects.requireNonNull(ClaimRules.claim(claimed, by, NOON).write());
    assertThat(await(store().replace(claimed, held))).isTrue();
    Job further = JobLife.alive(held, new Job.Progress(30, 0, 100L), Duration.ZERO, NOON);
    assertThat(await(store().replace(held, further))).isTrue();
    assertThat(await(store().replace(over, Jobs.next(over, JobState.FAILED)))).isTrue();
    Map<JobState, Load> left = await(another().backlog());
    assertThat(left)
        .containsEntry(JobState.QUEUED, new Load(2, 1_100))
        .containsEntry(JobState.PROCESSING, new Load(1, 70))
        .doesNotContainKeys(JobState.FAILED, JobState.COMPLETE, JobState.CANCELLED);
    assertThat(left.getOrDefault(JobState.INTERRUPTED, Load.NONE)).isEqualTo(Load.NONE);
  }

  @Test
  void countsThoseThatWaitAhead() {
    assertThat(await(store().waitingBefore(NOON))).isZero();
    List<Job> jobs = IntStream.range(0, 4).mapToObj(i -> Jobs.queued(NOON.plusSeconds(i))).toList();
    jobs.forEach(job -> await(store().create(job)));
    assertThat(await(another().waitingBefore(NOON))).isZero();
    assertThat(await(store().waitingBefore(NOON.plusSeconds(3)))).isEqualTo(3);
    Job claimed = Jobs.next(jobs.get(0), JobState.PROCESSING);
    await(store().replace(jobs.get(0), claimed));
    await(store().replace(jobs.get(1), Jobs.next(jobs.get(1), JobState.CANCELLED)));
    assertThat(await(store().waitingBefore(NOON.plusSeconds(3)))).isEqualTo(1);
    await(store().replace(claimed, Jobs.next(claimed, JobState.INTERRUPTED)));
    assertThat(await(store().waitingBefore(NOON.plusSeconds(3)))).isEqualTo(2);
  }

  @Test
  void tellsSinceWhenAJobWaits() {
    assertThat(await(store().waitingSince())).isEmpty();
    Job first = Jobs.queued(NOON);
    Job second = Jobs.queued(NOON.plusSeconds(1));
    await(store().create(second));
    await(store().create(first));
    assertThat(await(another().waitingSince())).contains(NOON);
    Job claimed = Jobs.next(first, JobState.PROCESSING);
    await(store().replace(first, claimed));
    assertThat(await(store().waitingSince())).contains(NOON.plusSeconds(1));
    await(store().replace(claimed, Jobs.next(claimed, JobState.INTERRUPTED)));
    assertThat(await(store().waitingSince())).contains(NOON);
  }
}
