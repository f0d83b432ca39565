package dev.holdfast.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.holdfast.job.JobState;
import dev.holdfast.worker.WorkerVerticle;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * What a long queue costs those at its head: the same number of jobs taken by a worker, and claims
 * made one by one, with few and with many jobs in line. Each length has a data directory of its
 * own; the lengths take turns in every round, and who is first takes turns, too.
 */
final class QueuedJobs {

  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private static final int FEW = 1_000;
  private static final int MANY = Integer.getInteger("bench.queued", 100_000);
  private static final int ROUNDS = Integer.getInteger("bench.queued.rounds", 11);
  private static final int JOBS = 4_000;

  /** Taken before those that are timed, while the worker gets going. */
  private static final int FIRST_JOBS = 500;

  private static final int CLAIMS = 300;

  private QueuedJobs() {}

  private record Work(double jobsPerSecond, double cpuMicros) {}

  private record Outcome(Work work, double claimP50Millis, double claimP99Millis) {}

  private record Line(EmbeddedJobs jobs, int queued, List<Outcome> outcomes) {
    List<Double> all(Function<Outcome, Double> figure) {
      return outcomes.stream().map(figure).toList();
    }
  }

  static void run(Path directory, Report report) throws IOException, InterruptedException {
    Vertx vertx = Vertx.vertx();
    try (EmbeddedJobs few = EmbeddedJobs.open(directory.resolve("few"), "noop");
        EmbeddedJobs many = EmbeddedJobs.open(directory.resolve("many"), "noop")) {
      List<Line> lines =
          List.of(new Line(few, FEW, new ArrayList<>()), new Line(many, MANY, new ArrayList<>()));
      for (int round = 0; round <= ROUNDS; round++) {
        List<Line> turns = new ArrayList<>(lines);
        Collections.rotate(turns, round);
        for (Line line : turns) {
          Outcome outcome = round(vertx, line);
          if (round > 0) {
            line.outcomes.add(outcome);
          }
        }
      }
      for (Line line : lines) {
        String queued = "%,d queued".formatted(line.queued);
        report.add(
            "no-op jobs from the head, " + queued, line.all(o -> o.work.jobsPerSecond), "jobs/s");
        report.add(
            "processor time of such a job, " + queued, line.all(o -> o.work.cpuMicros), "us");
        report.add(
            "one pull and claim, " + queued + ", p50", line.all(Outcome::claimP50Millis), "ms");
        report.add(
            "one pull and claim, " + queued + ", p99", line.all(Outcome::claimP99Millis), "ms");
      }
      String over = "%,d queued over %,d, ".formatted(MANY, FEW);
      report.add(over + "jobs/s", ratios(lines, o -> o.work.jobsPerSecond), "");
      report.add(over + "processor time", ratios(lines, o -> o.work.cpuMicros), "");
      report.add(over + "claim p50", ratios(lines, Outcome::claimP50Millis), "");
    } finally {
      EmbeddedJobs.await(vertx.close());
    }
  }

  /** Of the many over the few, by round. */
  private static List<Double> ratios(List<Line> lines, Function<Outcome, Double> figure) {
    List<Double> few = lines.get(0).all(figure);
    List<Double> many = lines.get(1).all(figure);
    return IntStream.range(0, few.size()).mapToObj(i -> many.get(i) / few.get(i)).toList();
  }

  /** So many are in line when the last of the round is taken. */
  private static Outcome round(Vertx vertx, Line line) throws InterruptedException {
    line.jobs.submit(line.queued + CLAIMS + FIRST_JOBS + JOBS - line.jobs.waiting());
    List<Double> claims =
        IntStream.range(0, CLAIMS).mapToObj(i -> line.jobs.claimMillis()).sorted().toList();
    return new Outcome(
        work(vertx, line.jobs), claims.get(CLAIMS / 2), claims.get(CLAIMS * 99 / 100));
  }

  private static Work work(Vertx vertx, EmbeddedJobs jobs) throws InterruptedException {
    CountDownLatch first = new CountDownLatch(FIRST_JOBS);
    CountDownLatch all = new CountDownLatch(FIRST_JOBS + JOBS);
    WorkerVerticle worker =
        jobs.worker(
            new SimpleMeterRegistry(),
            event -> {
              if (event.state() == JobState.COMPLETE) {
                first.countDown();
                all.countDown();
              }
            });
    String deployed = EmbeddedJobs.await(vertx.deployVerticle(worker));
    first.await();
    long cpuFrom = SYSTEM.getProcessCpuTime();
    long from = System.nanoTime();
    all.await();
    double seconds = (System.nanoTime() - from) / 1e9;
    double cpuMicros = (SYSTEM.getProcessCpuTime() - cpuFrom) / 1e3;
    EmbeddedJobs.await(vertx.undeploy(deployed));
    return new Work(JOBS / seconds, cpuMicros / JOBS);
  }
}
