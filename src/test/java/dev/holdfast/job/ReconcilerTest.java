package dev.holdfast.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.embedded.Embedded;
import dev.holdfast.world.ManualClock;
import dev.holdfast.world.Messages;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that nobody moves, on the embedded adapters and a clock with movable hands. */
@Timeout(60)
class ReconcilerTest {

  private static final Duration LEASE = Duration.ofSeconds(30);

  @TempDir Path directory;
  private final ManualClock clock = new ManualClock();
  private Embedded embedded;
  private JobRecords records;
  private Reconciler reconciler;

  @BeforeEach
  void open() throws Exception {
    embedded = Embedded.open(directory, Optional.empty(), clock);
    records = new JobRecords(embedded.store(), embedded.events(), clock);
    reconciler =
        new Reconciler(
            embedded.store(),
            embedded.queue(),
            embedded.objects(),
            records,
            clock,
            (what, why) -> {
              throw new AssertionError(what, why);
            });
  }

  @AfterEach
  void close() {
    reconciler.close();
    embedded.close();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private Job create(JobSpec.Input input, @Nullable Instant deadline) throws Exception {
    JobSpec spec = new JobSpec("m", input, Map.of(), 3, deadline, null);
    return await(embedded.store().create(JobLife.created(JobId.random(), spec, clock.instant())))
        .job();
  }

  private Job newest(Job job) throws Exception {
    return await(embedded.store().get(job.id())).orElseThrow();
  }

  private long waiting() {
    return Messages.in(directory, clock).waiting();
  }

  @Test
  void aJobPastItsDeadlineFails() throws Exception {
    Job job = create(new JobSpec.Inline("\"a\"\n", 1), clock.instant().plus(Duration.ofSeconds(5)));
    clock.advance(Duration.ofSeconds(5));
    assertThat(await(reconciler.reconcile())).isEqualTo(1);

    assertThat(newest(job).state()).isEqualTo(JobState.FAILED);
    assertThat(Objects.requireNonNull(newest(job).error()).code()).isEqualTo("deadline_exceeded");
    assertThat(waiting()).isZero();
  }

  @Test
  void aJobWhoseWorkerIsLongGoneIsSentAgainAndALiveOneIsLeftAlone() throws Exception {
    Job job = create(new JobSpec.Inline("\"a\"\n", 1), null);
    await(records.claim(job.id(), "w", "token", LEASE));
    clock.advance(Duration.ofSeconds(89));
    assertThat(await(reconciler.reconcile())).isZero();
    clock.advance(Duration.ofSeconds(2));
    assertThat(await(reconciler.reconcile())).isEqualTo(1);
    assertThat(waiting()).isEqualTo(1);
  }

  @Test
  void aJobThatWaitsLongIsSentAgainLessAndLessOften() throws Exception {
    create(new JobSpec.Inline("\"a\"\n", 1), null);
    int sent = 0;
    for (int minute = 0; minute < 24 * 60; minute++) {
      clock.advance(Duration.ofMinutes(1));
      sent += await(reconciler.reconcile());
    }
    assertThat(sent).isBetween(8, 12);
  }

  @Test
  void twoReconcilersAtTheSameMomentDoNoHarm() throws Exception {
    Job job = create(new JobSpec.Inline("\"a\"\n", 1), null);
    clock.advance(Duration.ofSeconds(61));
    Future<Integer> one = reconciler.reconcile();
    Future<Integer> two = reconciler.reconcile();
    await(one);
    await(two);
    assertThat(waiting()).isBetween(1L, 2L);
    assertThat(newest(job).version()).isEqualTo(2);
  }

  @Test
  void anEndedJobIsForgottenWithAllItOwnsAfterAWeek() throws Exception {
    String key = "inputs/in_test/items.jsonl";
    await(embedded.objects().create(key, Buffer.buffer("\"a\"\n"), Map.of()));
    Job job = create(new JobSpec.Stored(key, 4, 1), null);
    await(embedded.objects().create(job.partKey(0), Buffer.buffer("{}\n"), Map.of()));
    await(records.update(job, JobLife::cancelled));

    clock.advance(Job.KEPT_AFTER_END.minusSeconds(1));
    assertThat(await(reconciler.reconcile())).isZero();
    clock.advance(Duration.ofSeconds(1));
    assertThat(await(reconciler.reconcile())).isEqualTo(1);

    assertThat(await(embedded.store().get(job.id()))).isEmpty();
    assertThat(await(embedded.objects().list("", null, 10))).isEmpty();
  }

  @Test
  void looksByItselfUntilItIsClosed() throws Exception {
    Job job =
        create(new JobSpec.Inline("\"a\"\n", 1), clock.instant().plus(Duration.ofSeconds(15)));
    reconciler.start();
    while (newest(job).state() != JobState.FAILED) {
      clock.advance(Duration.ofSeconds(1));
    }
    reconciler.close();
  }
}
