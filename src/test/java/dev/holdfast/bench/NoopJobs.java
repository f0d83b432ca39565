package dev.holdfast.bench;

import dev.holdfast.job.JobState;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;

/** What the framework itself costs: jobs of one item on a model that costs nothing. */
final class NoopJobs {

  private static final int JOBS = 5_000;
  private static final int ROUNDS = 5;

  private NoopJobs() {}

  static void run(Path data, Report report) throws IOException, InterruptedException {
    Vertx vertx = Vertx.vertx();
    try (EmbeddedJobs jobs = EmbeddedJobs.open(data, "noop")) {
      Semaphore complete = new Semaphore(0);
      EmbeddedJobs.await(
          vertx.deployVerticle(
              jobs.worker(
                  new SimpleMeterRegistry(),
                  event -> {
                    if (event.state() == JobState.COMPLETE) {
                      complete.release();
                    }
                  })));
      List<Double> rates = new ArrayList<>();
      for (int round = 0; round <= ROUNDS; round++) {
        long from = System.nanoTime();
        jobs.submit(JOBS);
        complete.acquire(JOBS);
        double seconds = (System.nanoTime() - from) / 1e9;
        if (round > 0) {
          rates.add(JOBS / seconds);
        }
      }
      report.add("no-op jobs of one item, intake to ack in one process", rates, "jobs/s");
      EmbeddedJobs.await(vertx.close());
    }
  }
}
