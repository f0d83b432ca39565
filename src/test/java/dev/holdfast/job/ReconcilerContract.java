package dev.holdfast.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What becomes of jobs that nobody moves, on every backend and a clock with movable hands. */
public abstract class ReconcilerContract extends ResendContract {

  @Test
  void aJobPastItsDeadlineFails() throws Exception {
    Job job = create(new JobSpec.Inline("\"a\"\n", 1), clock.instant().plus(Duration.ofSeconds(5)));
    clock.advance(Duration.ofSeconds(5));
    assertThat(await(reconciler.reconcile())).isEqualTo(1);

    assertThat(newest(job).state()).isEqualTo(JobState.FAILED);
    assertThat(Objects.requireNonNull(newest(job).error()).code()).isEqualTo("deadline_exceeded");
    assertThat(waiting()).as("a worker puts its copy with the dead letters").isEqualTo(1);
  }

  @Test
  void anEndedJobIsForgottenWithAllItOwnsAfterAWeek() throws Exception {
    String key = "inputs/in_test/items.jsonl";
    await(backend.objects().create(key, Buffer.buffer("\"a\"\n"), Map.of()));
    Job job = create(new JobSpec.Stored(key, 4, 1), null);
    await(backend.objects().create(job.partKey(0), Buffer.buffer("{}\n"), Map.of()));
    await(records.update(job, JobLife::cancelled));

    clock.advance(Job.KEPT_AFTER_END.minusSeconds(1));
    assertThat(await(reconciler.reconcile())).isZero();
    clock.advance(Duration.ofSeconds(1));
    assertThat(await(reconciler.reconcile())).isEqualTo(1);

    assertThat(await(backend.store().get(job.id()))).isEmpty();
    assertThat(await(backend.objects().list("", null, 10))).isEmpty();
  }

  /** An object store that refuses to delete for as long as it is told to. */
  private ObjectStore refusing(AtomicBoolean refuses) {
    return (ObjectStore)
        Proxy.newProxyInstance(
            ObjectStore.class.getClassLoader(),
            new Class<?>[] {ObjectStore.class},
            (proxy, method, arguments) ->
                method.getName().startsWith("delete") && refuses.get()
                    ? Future.failedFuture("403")
                    : method.invoke(backend.objects(), arguments));
  }

  /** The clock, and what a reconciler waits for before each look. */
  private Clocked noting(BlockingQueue<Duration> waits) {
    return new Clocked() {
      @Override
      public Instant instant() {
        return clock.instant();
      }

      @Override
      public long nanos() {
        return clock.nanos();
      }

      @Override
      public Timer after(Duration delay, Runnable task) {
        Timer timer = clock.after(delay, task);
        waits.add(delay);
        return timer;
      }
    };
  }

  @Test
  void jobsThatCannotBeForgottenKeepNobodyWaiting() throws Exception {
    for (int i = 0; i < Reconciler.BATCH; i++) {
      await(records.update(create(new JobSpec.Inline("\"a\"\n", 1), null), JobLife::cancelled));
    }
    clock.advance(Job.KEPT_AFTER_END);
    create(new JobSpec.Inline("\"a\"\n", 1), null);
    clock.advance(JobLife.WAKE_GRACE);
    AtomicBoolean refuses = new AtomicBoolean(true);
    BlockingQueue<Duration> waits = new LinkedBlockingQueue<>();
    BlockingQueue<String> complaints = new LinkedBlockingQueue<>();
    Reconciler stuck =
        reconciler(refusing(refuses), noting(waits), (what, why) -> complaints.add(what));
    stuck.start();
    assertThat(waits.poll(10, TimeUnit.SECONDS)).isZero();

    clock.advance(Duration.ZERO);
    assertThat(waits.poll(30, TimeUnit.SECONDS))
        .as("nothing moved, so there is no haste")
        .isEqualTo(Reconciler.INTERVAL);
    assertThat(complaints).hasSize(Reconciler.BATCH);
    assertThat(waiting()).isZero();
    clock.advance(Reconciler.INTERVAL);
    assertThat(waits.poll(30, TimeUnit.SECONDS)).isEqualTo(Reconciler.INTERVAL);
    assertThat(waiting()).as("the job behind them is sent again").isEqualTo(1);

    refuses.set(false);
    clock.advance(Duration.ofHours(1));
    Duration wait = Reconciler.INTERVAL;
    while (wait.equals(Reconciler.INTERVAL)) {
      clock.advance(Reconciler.INTERVAL);
      wait = Objects.requireNonNull(waits.poll(30, TimeUnit.SECONDS));
    }
    assertThat(wait).as("others may wait behind a full batch that moved").isZero();
    stuck.close();
    assertThat(complaints).hasSize(Reconciler.BATCH);
  }

  private Job endedUntold() throws Exception {
    JobSpec.Input input = new JobSpec.Inline("\"a\"\n", 1);
    JobSpec spec =
        new JobSpec(
            "m",
            input,
            Map.of(),
            3,
            null,
            null,
            null,
            "https://example.com/hook",
            RowEncoding.JSON);
    Job job =
        await(backend.store().create(JobLife.created(JobId.random(), spec, clock.instant()))).job();
    return await(records.update(job, JobLife::cancelled));
  }

  @Test
  void anEndThatSomebodyMustBeToldOfIsHandedOnAndNotForgotten() throws Exception {
    Job job = endedUntold();
    List<Job> offered = new ArrayList<>();
    reconciler.telling(
        new Webhooks() {
          @Override
          public void check(String url) {}

          @Override
          public Future<Boolean> offer(Job due) {
            offered.add(due);
            return Future.succeededFuture(true);
          }
        });
    clock.advance(WebhookLife.FIRST_LOOK.minusSeconds(1));
    assertThat(await(reconciler.reconcile())).isZero();
    clock.advance(Duration.ofSeconds(1));
    assertThat(await(reconciler.reconcile())).isEqualTo(1);
    assertThat(offered).containsExactly(job);
    assertThat(newest(job)).isEqualTo(job);
  }

  @Test
  void anEndThatNobodyTellsOfIsPutOffAndForgottenAfterAWeekAllTheSame() throws Exception {
    Job job = endedUntold();
    clock.advance(Duration.ofMinutes(1));
    assertThat(await(reconciler.reconcile())).isEqualTo(1);
    assertThat(newest(job).untold()).isTrue();
    assertThat(await(reconciler.reconcile())).isZero();
    clock.advance(Job.KEPT_AFTER_END);
    assertThat(await(reconciler.reconcile())).isEqualTo(1);
    assertThat(await(backend.store().get(job.id()))).isEmpty();
  }

  @Test
  void looksByItselfUntilItIsClosed() throws Exception {
    Job job =
        create(new JobSpec.Inline("\"a\"\n", 1), clock.instant().plus(Duration.ofSeconds(15)));
    reconciler.start();
    while (newest(job).state() != JobState.FAILED || waiting() == 0) {
      clock.advance(Duration.ofSeconds(1));
    }
    reconciler.close();
  }
}
