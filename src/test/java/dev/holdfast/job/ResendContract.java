package dev.holdfast.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.world.ManualClock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What becomes of jobs whose message is gone, on every backend and a clock with movable hands. Each
 * test begins with an empty backend.
 */
@Timeout(60)
public abstract class ResendContract {

  private static final Duration LEASE = Duration.ofSeconds(30);

  protected final ManualClock clock = new ManualClock();
  protected Backend backend;
  protected JobRecords records;
  protected Reconciler reconciler;

  /** Opens the backend that the test plays on; it is closed at the end. */
  protected abstract Backend open() throws Exception;

  /** How many messages a worker could pull. */
  protected abstract long waiting() throws Exception;

  @BeforeEach
  final void begin() throws Exception {
    backend = open();
    records = new JobRecords(backend.store(), backend.events(), clock);
    reconciler = reconciler();
  }

  final Reconciler reconciler() {
    return reconciler(
        backend.objects(),
        clock,
        (what, why) -> {
          throw new AssertionError(what, why);
        });
  }

  final Reconciler reconciler(
      ObjectStore objects, Clocked clock, BiConsumer<String, Throwable> complain) {
    return new Reconciler(backend.store(), backend.queue(), objects, records, clock, complain);
  }

  @AfterEach
  final void end() {
    reconciler.close();
    backend.close();
  }

  static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  final Job create(JobSpec.Input input, @Nullable Instant deadline) throws Exception {
    JobSpec spec = new JobSpec("m", input, Map.of(), 3, deadline, null);
    return await(backend.store().create(JobLife.created(JobId.random(), spec, clock.instant())))
        .job();
  }

  final Job newest(Job job) throws Exception {
    return await(backend.store().get(job.id())).orElseThrow();
  }

  /** A reconciler whose messages go another way. */
  private Reconciler sending(Supplier<Future<Void>> publish, List<String> complaints) {
    JobQueue queue =
        (JobQueue)
            Proxy.newProxyInstance(
                JobQueue.class.getClassLoader(),
                new Class<?>[] {JobQueue.class},
                (proxy, method, arguments) -> publish.get());
    return new Reconciler(
        backend.store(),
        queue,
        backend.objects(),
        records,
        clock,
        (what, why) -> complaints.add(what));
  }

  @Test
  void aJobWhoseWorkerIsLongGoneIsSentAgainAndALiveOneIsLeftAlone() throws Exception {
    Job job = create(new JobSpec.Inline("\"a\"\n", 1), null);
    await(
        records.claim(
            job.id(), new Claimant("w", Job.Place.UNKNOWN, "token", LEASE, Claimant.Company.NONE)));
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

  /** A job of ten hours that was just interrupted, and whose message is gone. */
  private Job interruptedAtTenHours() throws Exception {
    Job job = create(new JobSpec.Inline("\"a\"\n", 1), null);
    clock.advance(Duration.ofHours(10));
    await(
        records.claim(
            job.id(), new Claimant("w", Job.Place.UNKNOWN, "token", LEASE, Claimant.Company.NONE)));
    Job left = await(records.update(job.id(), JobLife::interrupted));
    clock.advance(JobLife.WAKE_GRACE);
    return left;
  }

  @Test
  void anOldJobWhoseMessageCouldNotBeSentIsSentSoonAfter() throws Exception {
    interruptedAtTenHours();
    List<String> complaints = new ArrayList<>();
    try (Reconciler unlucky = sending(() -> Future.failedFuture("no broker"), complaints)) {
      assertThat(await(unlucky.reconcile())).isEqualTo(1);
    }
    assertThat(complaints).hasSize(1);
    assertThat(await(reconciler.reconcile())).as("others have their turn first").isZero();

    clock.advance(JobLife.WAKE_GRACE);
    assertThat(await(reconciler.reconcile())).isEqualTo(1);
    assertThat(waiting()).isEqualTo(1);
    clock.advance(Duration.ofHours(9));
    assertThat(await(reconciler.reconcile())).as("what was sent is left alone").isZero();
  }

  @Test
  void anOldJobWhoseReconcilerDiesBeforeItsMessageIsSentBySomeoneElse() throws Exception {
    interruptedAtTenHours();
    CountDownLatch sending = new CountDownLatch(1);
    try (Reconciler dying =
        sending(
            () -> {
              sending.countDown();
              return Promise.<Void>promise().future();
            },
            new ArrayList<>())) {
      dying.reconcile();
      assertThat(sending.await(10, TimeUnit.SECONDS)).isTrue();
    }
    clock.advance(JobLife.WAKE_GRACE);
    assertThat(await(reconciler.reconcile())).isEqualTo(1);
    assertThat(waiting()).isEqualTo(1);
  }

  @Test
  void whoeverClaimsAJobWhileItIsSentAgainKeepsItsTime() throws Exception {
    Job job = interruptedAtTenHours();
    List<String> complaints = new ArrayList<>();
    try (Reconciler slow =
        sending(
            () ->
                records
                    .claim(
                        job.id(),
                        new Claimant("w", Job.Place.UNKNOWN, "2", LEASE, Claimant.Company.NONE))
                    .mapEmpty(),
            complaints)) {
      assertThat(await(slow.reconcile())).isEqualTo(1);
    }
    assertThat(complaints).isEmpty();
    assertThat(newest(job).wakeAt())
        .isEqualTo(clock.instant().plus(LEASE).plus(JobLife.WAKE_GRACE));
  }

  @Test
  void twoReconcilersAtTheSameMomentDoNoHarm() throws Exception {
    Job job = create(new JobSpec.Inline("\"a\"\n", 1), null);
    clock.advance(Duration.ofSeconds(61));
    Future<Integer> one = reconciler.reconcile();
    Future<Integer> two = reconciler().reconcile();
    await(one);
    await(two);
    assertThat(waiting()).isBetween(1L, 2L);
    assertThat(newest(job).version()).as("sent once, then written down").isEqualTo(3);
  }
}
