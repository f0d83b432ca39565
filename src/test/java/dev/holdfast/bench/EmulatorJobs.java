package dev.holdfast.bench;

import dev.holdfast.SystemClock;
import dev.holdfast.gcp.Gcp;
import dev.holdfast.gcp.GcpOptions;
import dev.holdfast.gcp.RpcLoop;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobState;
import dev.holdfast.worker.WorkerOptions;
import dev.holdfast.worker.WorkerVerticle;
import dev.holdfast.world.StillEngine;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What the framework costs on Google's emulators: jobs of one item on a model that costs nothing,
 * over a bare loop of the same RPCs. Both share a process with nobody; the endpoint that stands in
 * for Cloud Storage is a process of its own, like the emulators.
 */
final class EmulatorJobs {

  private static final int JOBS = 2_000;
  private static final int ROUNDS = 5;
  private static final int PACED_JOBS = 300;
  private static final Duration PACE = Duration.ofMillis(33);

  /** The best of those that were tried. */
  private static final int LOOP_THREADS = 32;

  private static final StillEngine ENGINE = StillEngine.of("noop", 32);

  private EmulatorJobs() {}

  private static String text(int i) {
    return "text " + i;
  }

  static void run(Path directory, Path log, Report report) throws Exception {
    Optional<GoogleStack> google = GoogleStack.start(directory, log);
    if (google.isPresent()) {
      try (GoogleStack stack = google.get()) {
        compare(stack.options(), report);
      }
    }
  }

  private static void compare(GcpOptions options, Report report) throws Exception {
    List<Double> bare = new ArrayList<>();
    List<Double> full = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    SystemClock clock = new SystemClock();
    Vertx vertx = Vertx.vertx();
    try (Gcp gcp = Gcp.open(options, WorkerOptions.HEARS);
        RpcLoop loop = new RpcLoop(options)) {
      GoogleJobs jobs = new GoogleJobs(gcp, clock);
      for (int round = 0; round <= ROUNDS; round++) {
        jobs.submit(ENGINE.spec().name(), JOBS, EmulatorJobs::text);
        double bareSeconds = loop.run(JOBS, LOOP_THREADS);
        jobs.submit(ENGINE.spec().name(), JOBS, EmulatorJobs::text);
        double fullSeconds = jobs.work(vertx, ENGINE, ENGINE.spec(), JOBS);
        if (round > 0) {
          bare.add(JOBS / bareSeconds);
          full.add(JOBS / fullSeconds);
          ratios.add(bareSeconds / fullSeconds);
        }
      }
      report.add("no-op jobs on emulators, bare RPC loop", bare, "jobs/s");
      report.add("no-op jobs on emulators, full path", full, "jobs/s");
      report.add("no-op jobs on emulators, full path over bare loop", ratios, "");
      latency(jobs, vertx, report);
    } finally {
      GoogleJobs.await(vertx.close());
      clock.close();
    }
  }

  /** From the publish to the claim, at a rate that leaves everybody idle. */
  private static void latency(GoogleJobs jobs, Vertx vertx, Report report)
      throws InterruptedException {
    Map<JobId, Long> published = new ConcurrentHashMap<>();
    List<Double> millis = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch claimed = new CountDownLatch(PACED_JOBS);
    WorkerVerticle worker =
        jobs.worker(
            ENGINE,
            ENGINE.spec(),
            event -> {
              Long from = published.remove(event.job());
              if (from != null && event.state() == JobState.PROCESSING) {
                millis.add((System.nanoTime() - from) / 1e6);
                claimed.countDown();
              }
            });
    String deployed = GoogleJobs.await(vertx.deployVerticle(worker));
    JobIntake intake = jobs.intake();
    CountDownLatch never = new CountDownLatch(1);
    for (int i = 0; i < PACED_JOBS; i++) {
      JobId id = JobId.random();
      published.put(id, System.nanoTime());
      intake.submit(id, GoogleJobs.spec(ENGINE.spec().name(), text(i)));
      never.await(PACE.toMillis(), TimeUnit.MILLISECONDS);
    }
    claimed.await();
    GoogleJobs.await(vertx.undeploy(deployed));
    List<Double> sorted = millis.stream().sorted().toList();
    report.add("submit to claim at 30/s on emulators, p50", sorted.get(PACED_JOBS / 2), "ms");
    report.add(
        "submit to claim at 30/s on emulators, p99", sorted.get(PACED_JOBS * 99 / 100), "ms");
  }
}
