package dev.holdfast.bench;

import dev.holdfast.gcp.Gcp;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.Traces;
import dev.holdfast.worker.Checkpoints;
import dev.holdfast.worker.InferenceEngine;
import dev.holdfast.worker.WorkerOptions;
import dev.holdfast.worker.WorkerServices;
import dev.holdfast.worker.WorkerVerticle;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/** Jobs of one item on Google's emulators: submitted, and worked on by a worker of this process. */
final class GoogleJobs {

  private static final int SUBMITTED_AT_ONCE = 64;
  private static final int TRIES_MAX = 10;
  private static final int SLOTS = 256;

  private final Gcp gcp;
  private final Clocked clock;

  /**
   * Blocks until Firestore writes as many at once as a round submits: an emulator that has just
   * started needs longer for its first calls than any may take.
   */
  GoogleJobs(Gcp gcp, Clocked clock) {
    this.gcp = gcp;
    this.clock = clock;
    Future<?> written = Future.failedFuture("none yet");
    for (int tries = 0; tries < TRIES_MAX && written.failed(); tries++) {
      written =
          Future.join(
              Stream.generate(() -> gcp.store().create(nobodys()))
                  .limit(SUBMITTED_AT_ONCE)
                  .toList());
      await(written.otherwiseEmpty());
    }
    await(written);
  }

  private Job nobodys() {
    return JobLife.created(JobId.random(), spec("none", "warm-up"), clock.instant());
  }

  /**
   * Submits the jobs of a round; returns when all are accepted.
   *
   * @param text of a job by its number; holds nothing that JSON would escape
   */
  void submit(String model, int jobs, IntFunction<String> text) {
    JobIntake intake = intake();
    List<Future<?>> submitted = new ArrayList<>();
    for (int i = 0; i < jobs; i++) {
      submitted.add(intake.submit(JobId.random(), spec(model, text.apply(i))));
      if (submitted.size() == SUBMITTED_AT_ONCE) {
        submitted.forEach(GoogleJobs::await);
        submitted.clear();
      }
    }
    submitted.forEach(GoogleJobs::await);
  }

  JobIntake intake() {
    JobRecords records = new JobRecords(gcp.store(), gcp.events(), clock);
    return new JobIntake(gcp.store(), gcp.queue(), records, clock);
  }

  static JobSpec spec(String model, String text) {
    JobSpec.Input input = new JobSpec.Inline("\"" + text + "\"\n", 1);
    return new JobSpec(model, input, Map.of(), 3, null, null);
  }

  WorkerVerticle worker(
      InferenceEngine engine, ModelSpec model, Consumer<JobEvents.JobEvent> hears) {
    return new WorkerVerticle(
        new WorkerServices(
            gcp.queue(),
            gcp.events(),
            new JobRecords(gcp.store(), new Overheard(gcp.events(), hears), clock),
            gcp.objects(),
            gcp.externalInputs(),
            gcp.roster(),
            clock,
            new SimpleMeterRegistry(),
            Traces.OFF),
        new WorkerOptions(
            "noop",
            "bench",
            Job.Place.UNKNOWN,
            1,
            SLOTS,
            JobQueue.ACK_DEADLINE,
            Checkpoints.every(Duration.ofSeconds(10))),
        engine,
        List.of(model),
        failure -> {
          throw new IllegalStateException(failure);
        });
  }

  /** Seconds from a worker's start to the last event of so many jobs that wait. */
  double work(Vertx vertx, InferenceEngine engine, ModelSpec model, int jobs)
      throws InterruptedException {
    CountDownLatch complete = new CountDownLatch(jobs);
    WorkerVerticle worker =
        worker(
            engine,
            model,
            event -> {
              if (event.state() == JobState.COMPLETE) {
                complete.countDown();
              }
            });
    long from = System.nanoTime();
    String deployed = await(vertx.deployVerticle(worker));
    complete.await();
    double seconds = (System.nanoTime() - from) / 1e9;
    await(vertx.undeploy(deployed));
    return seconds;
  }

  static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }
}
