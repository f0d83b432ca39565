package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.SystemClock;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.Traces;
import dev.holdfast.worker.Checkpoints;
import dev.holdfast.worker.WorkerOptions;
import dev.holdfast.worker.WorkerServices;
import dev.holdfast.worker.WorkerVerticle;
import dev.holdfast.world.GoogleEmulators;
import dev.holdfast.world.OnEmulators;
import dev.holdfast.world.ScriptedEngine;
import dev.holdfast.world.Waits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A cancel that reaches a worker in another process by Pub/Sub alone. */
@OnEmulators
@Timeout(60)
class CancelOnGoogleTest {

  /** So long that neither a renewal nor a delivery's end can be what the worker notices. */
  private static final Duration LEASE = Duration.ofMinutes(2);

  private final CountDownLatch inferring = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  @Test
  void aWorkerLetsGoOfACancelledJobWhileItsBatchIsBeingInferred() throws Exception {
    GcpOptions place = GoogleEmulators.fresh();
    try (GcpSetup setup = GcpSetup.open(place)) {
      assertThat(setup.init()).noneMatch(f -> f.level() == GcpSetup.Level.PROBLEM);
    }
    SystemClock clock = new SystemClock();
    Vertx vertx = Vertx.vertx();
    try (Gcp outside = Gcp.open(place, Set.of());
        Gcp inside = Gcp.open(place, WorkerOptions.HEARS)) {
      await(vertx.deployVerticle(worker(inside, clock)));
      JobRecords records = new JobRecords(outside.store(), outside.events(), clock);
      JobIntake intake = new JobIntake(outside.store(), outside.queue(), records, clock);
      JobSpec.Input input = new JobSpec.Inline("\"a\"\n", 1);
      JobSpec spec = new JobSpec("scripted", input, Map.of(), 3, null, null);
      Job job = await(intake.submit(JobId.random(), spec)).job();
      assertThat(inferring.await(20, TimeUnit.SECONDS)).isTrue();

      Job cancelled = await(intake.cancel(job.id()));
      awaitAcknowledged();
      assertThat(await(outside.store().get(job.id()))).contains(cancelled);
    } finally {
      go.countDown();
      await(vertx.close());
      clock.close();
    }
  }

  /** The batch is still held all the time. */
  private void awaitAcknowledged() {
    Waits.until(
        () -> meters.find("holdfast.deliveries").tag("outcome", "cancelled").counter() != null);
  }

  private WorkerVerticle worker(Gcp inside, SystemClock clock) {
    ScriptedEngine engine = new ScriptedEngine();
    engine.beforeBatch(
        batch -> {
          inferring.countDown();
          awaitQuietly();
        });
    return new WorkerVerticle(
        new WorkerServices(
            inside.queue(),
            inside.events(),
            new JobRecords(inside.store(), inside.events(), clock),
            inside.objects(),
            inside.externalInputs(),
            inside.roster(),
            clock,
            meters,
            Traces.OFF),
        new WorkerOptions(
            "worker",
            "test",
            Job.Place.UNKNOWN,
            1,
            4,
            LEASE,
            Checkpoints.every(Duration.ofSeconds(1))),
        engine,
        List.of(ScriptedEngine.spec(8, 1_000)),
        failure -> {
          throw new AssertionError(failure);
        });
  }

  private void awaitQuietly() {
    try {
      if (!go.await(50, TimeUnit.SECONDS)) {
        throw new AssertionError("the latch was never opened");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
