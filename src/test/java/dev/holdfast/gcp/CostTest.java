package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.SystemClock;
import dev.holdfast.contract.Jobs;
import dev.holdfast.gcp.CostTable.Step;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.Reconciler;
import dev.holdfast.world.OnEmulators;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Counts every billed call of an API and a worker along the life of jobs, and compares with {@link
 * CostTable}. Of several like jobs the least counts, since timers and retries on a busy machine add
 * to some of them; a call that is new on the path is in all.
 */
@OnEmulators
@Timeout(180)
class CostTest {

  private static final int JOBS = 6;
  private static final int LARGE_ITEMS = 20_000;

  private final SystemClock clock = new SystemClock();
  private CostWorld world;
  private Metered api;
  private Metered worker;

  @BeforeEach
  void open() throws Exception {
    world = new CostWorld(clock);
    api = world.api;
    worker = world.worker;
  }

  @AfterEach
  void close() {
    world.close();
    clock.close();
  }

  private static void least(
      Map<Step, Map<Operation, Integer>> found, Step step, Map<Operation, Integer> counts) {
    Map<Operation, Integer> least = found.computeIfAbsent(step, s -> new EnumMap<>(counts));
    least.replaceAll((operation, times) -> Math.min(times, counts.getOrDefault(operation, 0)));
    least.values().removeIf(times -> times == 0);
  }

  private static Map<Operation, Integer> plus(
      Map<Operation, Integer> one, Map<Operation, Integer> other) {
    Map<Operation, Integer> sum = new EnumMap<>(one);
    other.forEach((operation, times) -> sum.merge(operation, times, Integer::sum));
    return sum;
  }

  @Test
  void aSmallJobCostsWhatTheTableSays() throws Exception {
    Map<Step, Map<Operation, Integer>> found = new EnumMap<>(Step.class);
    for (int i = 0; i < JOBS; i++) {
      String text = "text " + i;
      Map<Operation, Integer> apiBefore = api.counts();
      Map<Operation, Integer> workerBefore = worker.counts();
      String id = world.worked(() -> world.submitText(text), 3);
      least(found, Step.SUBMIT, api.billedSince(apiBefore));
      least(found, Step.WORK, worker.billedSince(workerBefore));

      apiBefore = api.counts();
      assertThat(world.get("/v1/jobs/" + id)).contains("\"state\":\"complete\"");
      least(found, Step.ASK, api.billedSince(apiBefore));

      apiBefore = api.counts();
      assertThat(world.get("/v1/jobs/" + id + "/result").lines()).hasSize(1);
      least(found, Step.FETCH, api.billedSince(apiBefore));
    }
    assertThat(found.get(Step.SUBMIT))
        .as("submitted and heard of")
        .isEqualTo(plus(Step.SUBMIT.operations(), Step.HEAR.operations()));
    assertThat(found.get(Step.WORK))
        .as("worked on and heard of")
        .isEqualTo(plus(Step.WORK.operations(), Step.FILTER.operations()));
    for (Step step : List.of(Step.ASK, Step.FETCH)) {
      assertThat(found.get(step)).as("%s", step).isEqualTo(step.operations());
    }
    assertThat(Math.max(api.rpcs.messageBytesMax(), worker.rpcs.messageBytesMax()))
        .as("bytes of a message")
        .isLessThan(Unit.REQUEST_BYTES_MIN);
  }

  @Test
  void anIdempotencyKeyCostsWhatTheTableSays() throws Exception {
    Map<Step, Map<Operation, Integer>> found = new EnumMap<>(Step.class);
    for (int i = 0; i < JOBS; i++) {
      String key = "key-" + i;
      Map<Operation, Integer> before = api.counts();
      world.worked(() -> world.submitText("text", "Idempotency-Key", key), 3);
      least(found, Step.SUBMIT, api.billedSince(before));
    }
    assertThat(found.get(Step.SUBMIT))
        .isEqualTo(
            plus(
                CostTable.IDEMPOTENCY_KEY, plus(Step.SUBMIT.operations(), Step.HEAR.operations())));
  }

  /** What a reconciler is billed for that looks some time from now. */
  private Map<Operation, Integer> reconciled(Duration ahead, int jobs) throws Exception {
    // no timer of theirs must add to what is counted
    await(world.vertx.close());
    Clocked later = new Later(world.clock, ahead);
    JobRecords records = new JobRecords(api.gcp.store(), api.gcp.events(), later);
    Map<Operation, Integer> before = api.counts();
    try (Reconciler reconciler =
        new Reconciler(
            api.gcp.store(),
            api.gcp.queue(),
            api.gcp.objects(),
            records,
            later,
            (what, why) -> {
              throw new AssertionError(what, why);
            })) {
      assertThat(await(reconciler.reconcile())).isEqualTo(jobs);
    }
    Map<Operation, Integer> each = api.billedSince(before);
    each.replaceAll((operation, times) -> times / jobs);
    return each;
  }

  @Test
  void deletingOldJobsCostsWhatTheTableSays() throws Exception {
    for (int i = 0; i < JOBS; i++) {
      world.worked(() -> world.submitText("text"), 3);
    }
    assertThat(reconciled(Job.KEPT_AFTER_END.plusDays(1), JOBS))
        .isEqualTo(Step.FORGET.operations());
  }

  @Test
  void sendingAJobAgainCostsWhatTheDocumentSays() throws Exception {
    await(api.gcp.store().create(Jobs.queued(clock.instant())));
    Map<Operation, Integer> each = reconciled(Duration.ofMinutes(2), 1);
    assertThat(each).isEqualTo(CostTable.SENT_AGAIN);
    assertThat(Files.readString(Path.of("COSTS.md")))
        .contains("%.2f USD for a million. To do that".formatted(1e6 * CostTable.dollars(each)));
  }

  /** A clock that is ahead of another. */
  private record Later(Clocked clock, Duration by) implements Clocked {
    @Override
    public Instant instant() {
      return clock.instant().plus(by);
    }

    @Override
    public Timer after(Duration delay, Runnable task) {
      return clock.after(delay, task);
    }
  }

  @Test
  void aLargeJobPaysForItsChunksItsPartsAndItsSeconds() throws Exception {
    String lines =
        IntStream.range(0, LARGE_ITEMS)
            .mapToObj(i -> "\"%s %d\"%n".formatted("x".repeat(60), i))
            .collect(Collectors.joining());
    int chunks = (lines.length() + CostTable.CHUNK_BYTES - 1) / CostTable.CHUNK_BYTES;
    Map<Operation, Integer> apiBefore = api.counts();
    Map<Operation, Integer> before = worker.counts();
    long from = System.nanoTime();
    String input =
        world
            .post("/v1/inputs", "application/x-ndjson", BodyPublishers.ofString(lines))
            .getString("input_id");
    assertThat(api.billedSince(apiBefore)).containsEntry(Operation.OBJECT_CREATED, 1);
    String id = world.worked(() -> world.submit(new JsonObject().put("input_id", input)), 3);
    int seconds = (int) Duration.ofNanos(System.nanoTime() - from).toSeconds() + 1;

    Map<Operation, Integer> worked = worker.billedSince(before);
    JsonObject job = new JsonObject(world.get("/v1/jobs/" + id));
    int parts = job.getJsonObject("result").getInteger("parts");
    assertThat(lines).hasSizeLessThan((int) CostTable.COUNTED_BYTES_MAX);
    assertThat(worked)
        .as("%d chunks, counted first; %d parts in %d s", chunks, parts, seconds)
        .containsEntry(Operation.OBJECT_READ, 2 * chunks)
        .containsEntry(Operation.OBJECT_CREATED, parts)
        .containsEntry(Operation.RECORD_READ, 1)
        .doesNotContainKeys(Operation.OBJECTS_LISTED, Operation.OTHER, Operation.COUNTED);
    assertThat(worked.get(Operation.RECORD_WRITTEN)).isBetween(1 + parts, 1 + parts + seconds);
    assertThat(worked.get(Operation.PUBLISHED)).isEqualTo(worked.get(Operation.RECORD_WRITTEN));
  }

  @Test
  void countingTheJobsIsOneQueryAStateAndTheBacklogIsNotOfThoseThatHaveEnded() {
    Map<Operation, Integer> before = worker.counts();
    await(worker.gcp.store().counts());
    assertThat(worker.billedSince(before))
        .containsEntry(Operation.COUNTED, 3)
        .containsEntry(Operation.ENDED_COUNTED, 3);
    before = worker.counts();
    await(worker.gcp.store().backlog());
    assertThat(worker.billedSince(before))
        .containsEntry(Operation.COUNTED, 3)
        .doesNotContainKey(Operation.ENDED_COUNTED);
  }
}
