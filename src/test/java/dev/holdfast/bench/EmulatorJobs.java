package dev.holdfast.bench;

import dev.holdfast.SystemClock;
import dev.holdfast.emulator.Emulators;
import dev.holdfast.emulator.StorageEndpoint;
import dev.holdfast.gcp.Gcp;
import dev.holdfast.gcp.GcpOptions;
import dev.holdfast.gcp.GcpSetup;
import dev.holdfast.gcp.RpcLoop;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
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
import dev.holdfast.world.ScriptedEngine;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

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

  private EmulatorJobs() {}

  /** The endpoint's own process: prints its address and serves until its input ends. */
  static final class StorageProcess {

    private StorageProcess() {}

    public static void main(String[] arguments) throws IOException {
      Vertx vertx = Vertx.vertx();
      System.out.println(await(StorageEndpoint.start(vertx, 0, Path.of(arguments[0]))).url());
      while (System.in.read() >= 0) {
        // its parent is alive
      }
      System.exit(0);
    }
  }

  static void run(Path directory, Path log, Report report) throws Exception {
    Optional<Emulators> started = Emulators.start(System.getenv(), directory);
    if (started.isEmpty()) {
      System.out.println("no emulators, so nothing on them: " + Emulators.HOW_TO_GET_THEM);
      return;
    }
    try (Emulators emulators = started.get();
        Child storage =
            Child.start(
                -1,
                Map.of(),
                log,
                List.of("-Xmx256m"),
                List.of(StorageProcess.class.getName(), directory.resolve("storage").toString()))) {
      Map<String, String> hosts = new HashMap<>();
      hosts.put(Emulators.PUBSUB_VARIABLE, emulators.pubSub().host());
      hosts.put(Emulators.FIRESTORE_VARIABLE, emulators.firestore().host());
      hosts.put(Emulators.STORAGE_VARIABLE, storage.answer());
      GcpOptions options =
          new GcpOptions(
                  "bench-project",
                  Optional.empty(),
                  GcpOptions.DEFAULT_DATABASE,
                  "bench-bucket",
                  Set.of(),
                  Optional.empty(),
                  Optional.empty(),
                  Optional.empty())
              .withEmulators(hosts);
      try (GcpSetup setup = GcpSetup.open(options)) {
        setup.init();
      }
      compare(options, report);
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
      for (int round = 0; round <= ROUNDS; round++) {
        submit(gcp, clock);
        double bareSeconds = loop.run(JOBS, LOOP_THREADS);
        submit(gcp, clock);
        double fullSeconds = work(gcp, clock, vertx);
        if (round > 0) {
          bare.add(JOBS / bareSeconds);
          full.add(JOBS / fullSeconds);
          ratios.add(bareSeconds / fullSeconds);
        }
      }
      report.add("no-op jobs on emulators, bare RPC loop", bare, "jobs/s");
      report.add("no-op jobs on emulators, full path", full, "jobs/s");
      report.add("no-op jobs on emulators, full path over bare loop", ratios, "");
      latency(gcp, clock, vertx, report);
    } finally {
      await(vertx.close());
      clock.close();
    }
  }

  private static void submit(Gcp gcp, Clocked clock) {
    JobRecords records = new JobRecords(gcp.store(), gcp.events(), clock);
    JobIntake intake = new JobIntake(gcp.store(), gcp.queue(), records, clock);
    List<Future<?>> submitted = new ArrayList<>();
    for (int i = 0; i < JOBS; i++) {
      submitted.add(intake.submit(JobId.random(), spec(i)));
      if (submitted.size() == 64) {
        submitted.forEach(EmulatorJobs::await);
        submitted.clear();
      }
    }
    submitted.forEach(EmulatorJobs::await);
  }

  private static JobSpec spec(int i) {
    return new JobSpec(
        "scripted", new JobSpec.Inline("\"text " + i + "\"\n", 1), Map.of(), 3, null, null);
  }

  /** Real events, and one who listens in this process before they are sent. */
  private record Overheard(JobEvents events, Consumer<JobEvent> listener) implements JobEvents {
    @Override
    public Future<Void> publish(JobEvent event) {
      listener.accept(event);
      return events.publish(event);
    }

    @Override
    public Subscription subscribe(Set<JobState> states, Consumer<JobEvent> hears) {
      return events.subscribe(states, hears);
    }
  }

  private static WorkerVerticle worker(Gcp gcp, Clocked clock, Consumer<JobEvents.JobEvent> hears) {
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
            256,
            JobQueue.ACK_DEADLINE,
            Checkpoints.every(Duration.ofSeconds(10))),
        new ScriptedEngine(),
        List.of(ScriptedEngine.spec(32, 100_000)),
        failure -> {
          throw new IllegalStateException(failure);
        });
  }

  private static double work(Gcp gcp, Clocked clock, Vertx vertx) throws InterruptedException {
    CountDownLatch complete = new CountDownLatch(JOBS);
    WorkerVerticle worker =
        worker(
            gcp,
            clock,
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

  /** From the publish to the claim, at a rate that leaves everybody idle. */
  private static void latency(Gcp gcp, Clocked clock, Vertx vertx, Report report)
      throws InterruptedException {
    Map<JobId, Long> published = new ConcurrentHashMap<>();
    List<Double> millis = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch claimed = new CountDownLatch(PACED_JOBS);
    WorkerVerticle worker =
        worker(
            gcp,
            clock,
            event -> {
              Long from = published.remove(event.job());
              if (from != null && event.state() == JobState.PROCESSING) {
                millis.add((System.nanoTime() - from) / 1e6);
                claimed.countDown();
              }
            });
    String deployed = await(vertx.deployVerticle(worker));
    JobRecords records = new JobRecords(gcp.store(), gcp.events(), clock);
    JobQueue timed = gcp.queue();
    JobIntake intake = new JobIntake(gcp.store(), timed, records, clock);
    CountDownLatch never = new CountDownLatch(1);
    for (int i = 0; i < PACED_JOBS; i++) {
      JobId id = JobId.random();
      published.put(id, System.nanoTime());
      intake.submit(id, spec(i));
      never.await(PACE.toMillis(), TimeUnit.MILLISECONDS);
    }
    claimed.await();
    await(vertx.undeploy(deployed));
    List<Double> sorted = millis.stream().sorted().toList();
    report.add("submit to claim at 30/s on emulators, p50", sorted.get(PACED_JOBS / 2), "ms");
    report.add(
        "submit to claim at 30/s on emulators, p99", sorted.get(PACED_JOBS * 99 / 100), "ms");
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }
}
