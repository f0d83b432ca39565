package dev.holdfast.bench;

import dev.holdfast.SystemClock;
import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.Claim;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobSpec;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Pulls one message and claims its job, durably, on one machine, with few and with many jobs in
 * line. A claim cannot be made twice, so a fixed number of them is timed.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, batchSize = ClaimBenchmark.CLAIMS)
@Measurement(iterations = 5, batchSize = ClaimBenchmark.CLAIMS)
public class ClaimBenchmark {

  static final int CLAIMS = 100;

  private static final int AT_ONCE = 256;
  private static final Duration LEASE = Duration.ofMinutes(10);
  private static final Duration WAIT = Duration.ofSeconds(1);

  @Param({"2000", "100000"})
  public int queued;

  private SystemClock clock;
  private Embedded embedded;
  private JobRecords records;

  @Setup
  public void queue() throws IOException {
    clock = new SystemClock();
    embedded = Embedded.open(Files.createTempDirectory("holdfast-jmh"), Optional.empty(), clock);
    records = new JobRecords(embedded.store(), embedded.events(), clock);
    JobIntake intake = new JobIntake(embedded.store(), embedded.queue(), records, clock);
    JobSpec spec = new JobSpec("m", new JobSpec.Inline("\"a\"\n", 1), Map.of(), 3, null, null);
    List<Future<?>> submitted = new ArrayList<>();
    for (int i = 0; i < queued; i++) {
      submitted.add(intake.submit(JobId.random(), spec));
      if (submitted.size() == AT_ONCE) {
        submitted.forEach(ClaimBenchmark::await);
        submitted.clear();
      }
    }
    submitted.forEach(ClaimBenchmark::await);
  }

  @TearDown
  public void close() {
    embedded.close();
    clock.close();
  }

  @Benchmark
  public Claim claim() {
    JobQueue.Delivery delivery = await(embedded.queue().pull(1, LEASE, WAIT)).get(0);
    return await(
        records.claim(
            delivery.message().job(),
            new Claimant(
                "worker", Job.Place.UNKNOWN, JobId.randomToken(), LEASE, Claimant.Company.NONE)));
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }
}
