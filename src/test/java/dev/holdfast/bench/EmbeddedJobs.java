package dev.holdfast.bench;

import dev.holdfast.SystemClock;
import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import dev.holdfast.job.Traces;
import dev.holdfast.worker.Checkpoints;
import dev.holdfast.worker.WorkerOptions;
import dev.holdfast.worker.WorkerServices;
import dev.holdfast.worker.WorkerVerticle;
import dev.holdfast.world.StillEngine;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Jobs on one machine for a model that costs nothing: submitted, claimed, and worked on by workers
 * of this process.
 */
final class EmbeddedJobs implements AutoCloseable {

  private static final int SUBMITTED_AT_ONCE = 256;
  private static final int SLOTS = 256;
  private static final int BATCH_ITEMS_MAX = 32;
  private static final Duration CLAIM_LEASE = Duration.ofMinutes(10);
  private static final Duration PULL_WAIT = Duration.ofSeconds(1);

  private final Embedded embedded;
  private final SystemClock clock;
  private final String model;

  private EmbeddedJobs(Embedded embedded, SystemClock clock, String model) {
    this.embedded = embedded;
    this.clock = clock;
    this.model = model;
  }

  /**
   * Opens a data directory.
   *
   * @param model what the model that costs nothing is called
   */
  static EmbeddedJobs open(Path data, String model) throws IOException {
    SystemClock clock = new SystemClock();
    return new EmbeddedJobs(Embedded.open(data, Optional.empty(), clock), clock, model);
  }

  /** Submits jobs of one item; returns when all are accepted. */
  void submit(long jobs) {
    JobRecords records = new JobRecords(embedded.store(), embedded.events(), clock);
    JobIntake intake = new JobIntake(embedded.store(), embedded.queue(), records, clock);
    List<Future<?>> submitted = new ArrayList<>();
    for (long i = 0; i < jobs; i++) {
      JobSpec.Input input = new JobSpec.Inline("\"text " + i + "\"\n", 1);
      submitted.add(
          intake.submit(JobId.random(), new JobSpec(model, input, Map.of(), 3, null, null)));
      if (submitted.size() == SUBMITTED_AT_ONCE) {
        submitted.forEach(EmbeddedJobs::await);
        submitted.clear();
      }
    }
    submitted.forEach(EmbeddedJobs::await);
  }

  /** How many jobs wait for a worker. */
  long waiting() {
    Map<JobState, Long> counts = await(embedded.store().counts());
    return counts.getOrDefault(JobState.QUEUED, 0L) + counts.getOrDefault(JobState.INTERRUPTED, 0L);
  }

  /** Pulls one message and claims its job, durably; gives the job up. Returns the milliseconds. */
  double claimMillis() {
    JobRecords records = new JobRecords(embedded.store(), embedded.events(), clock);
    Claimant by =
        new Claimant(
            "bench", Job.Place.UNKNOWN, JobId.randomToken(), CLAIM_LEASE, Claimant.Company.NONE);
    long from = System.nanoTime();
    JobQueue.Delivery delivery = await(embedded.queue().pull(1, CLAIM_LEASE, PULL_WAIT)).get(0);
    await(records.claim(delivery.message().job(), by));
    double millis = (System.nanoTime() - from) / 1e6;
    await(delivery.ack());
    return millis;
  }

  /**
   * A worker with the settings that workers have by themselves.
   *
   * @param hears each event before it is sent; on any thread
   */
  WorkerVerticle worker(MeterRegistry meters, Consumer<JobEvent> hears) {
    StillEngine engine = StillEngine.of(model, BATCH_ITEMS_MAX);
    return new WorkerVerticle(
        new WorkerServices(
            embedded.queue(),
            embedded.events(),
            new JobRecords(embedded.store(), new Overheard(embedded.events(), hears), clock),
            embedded.objects(),
            embedded.externalInputs(),
            embedded.roster(),
            clock,
            meters,
            Traces.OFF),
        new WorkerOptions(
            "noop",
            "bench",
            Job.Place.UNKNOWN,
            ProcessHandle.current().pid(),
            SLOTS,
            JobQueue.ACK_DEADLINE,
            new Checkpoints(Optional.empty(), Checkpoints.INTERRUPTIONS_EVERY, Optional.empty())),
        engine,
        List.of(engine.spec()),
        failure -> {
          throw new IllegalStateException(failure);
        });
  }

  static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }

  @Override
  public void close() {
    embedded.close();
    clock.close();
  }
}
