package dev.holdfast.bench;

import dev.holdfast.SystemClock;
import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import dev.holdfast.job.Traces;
import dev.holdfast.worker.Checkpoints;
import dev.holdfast.worker.WorkerOptions;
import dev.holdfast.worker.WorkerServices;
import dev.holdfast.worker.WorkerVerticle;
import dev.holdfast.world.ScriptedEngine;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** What the framework itself costs: jobs of one item on a model that costs nothing. */
final class NoopJobs {

  private static final int JOBS = 5_000;
  private static final int ROUNDS = 5;

  private NoopJobs() {}

  static void run(Path data, Report report) throws IOException, InterruptedException {
    SystemClock clock = new SystemClock();
    Embedded embedded = Embedded.open(data, Optional.empty(), clock);
    Vertx vertx = Vertx.vertx();
    JobRecords records = new JobRecords(embedded.store(), embedded.events(), clock);
    JobIntake intake = new JobIntake(embedded.store(), embedded.queue(), records, clock);
    WorkerServices services =
        new WorkerServices(
            embedded.queue(),
            embedded.events(),
            records,
            embedded.objects(),
            embedded.externalInputs(),
            embedded.roster(),
            clock,
            new SimpleMeterRegistry(),
            Traces.OFF);
    WorkerVerticle worker =
        new WorkerVerticle(
            services,
            new WorkerOptions(
                "noop",
                "bench",
                Job.Place.UNKNOWN,
                1,
                256,
                Duration.ofSeconds(30),
                Checkpoints.every(Duration.ofSeconds(5))),
            new ScriptedEngine(),
            List.of(ScriptedEngine.spec(32, 100_000)),
            failure -> {
              throw new IllegalStateException(failure);
            });
    await(vertx.deployVerticle(worker));
    List<Double> rates = new ArrayList<>();
    for (int round = 0; round <= ROUNDS; round++) {
      double seconds = round(embedded, intake);
      if (round > 0) {
        rates.add(JOBS / seconds);
      }
    }
    report.add("no-op jobs of one item, intake to ack in one process", rates, "jobs/s");
    await(vertx.close());
    embedded.close();
    clock.close();
  }

  private static double round(Embedded embedded, JobIntake intake) throws InterruptedException {
    CountDownLatch complete = new CountDownLatch(JOBS);
    JobEvents.Subscription heard =
        embedded
            .events()
            .subscribe(
                event -> {
                  if (event.state() == JobState.COMPLETE) {
                    complete.countDown();
                  }
                });
    long from = System.nanoTime();
    List<Future<?>> submitted = new ArrayList<>();
    for (int i = 0; i < JOBS; i++) {
      JobSpec spec =
          new JobSpec(
              "scripted", new JobSpec.Inline("\"text " + i + "\"\n", 1), Map.of(), 3, null, null);
      submitted.add(intake.submit(JobId.random(), spec));
      if (i % 256 == 255) {
        submitted.forEach(NoopJobs::await);
        submitted.clear();
      }
    }
    complete.await();
    heard.close();
    return (System.nanoTime() - from) / 1e9;
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }
}
