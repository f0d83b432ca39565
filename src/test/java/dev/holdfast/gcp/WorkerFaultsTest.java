package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.SystemClock;
import dev.holdfast.gcp.RpcFaults.Fault;
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
import dev.holdfast.world.GoogleEmulators;
import dev.holdfast.world.OnEmulators;
import dev.holdfast.world.ScriptedEngine;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A worker on Google Cloud, each of whose calls goes wrong once, in each of the ways in which one
 * can: its job still ends as it should, with each row once.
 */
@OnEmulators
@Timeout(180)
class WorkerFaultsTest {

  private static final Duration END_MAX = Duration.ofSeconds(90);

  private final SystemClock clock = new SystemClock();
  private final Vertx vertx = Vertx.vertx();
  private final RpcFaults faults = new RpcFaults();
  private GcpOptions place;
  private Gcp outside;

  @BeforeEach
  void open() throws Exception {
    place = GoogleEmulators.fresh();
    try (GcpSetup setup = GcpSetup.open(place)) {
      assertThat(setup.init()).noneMatch(f -> f.level() == GcpSetup.Level.PROBLEM);
    }
    outside = Gcp.open(place, JobEvents.EVERY_STATE);
  }

  @AfterEach
  void close() {
    await(vertx.close());
    outside.close();
    faults.close();
    clock.close();
  }

  static Stream<Arguments> everyCallInEveryWay() {
    return Stream.of(
            "Pull", "BatchGetDocuments", "Commit", "Publish", "Acknowledge", "ModifyAckDeadline")
        .flatMap(method -> Stream.of(Fault.values()).map(fault -> Arguments.of(method, fault)));
  }

  @ParameterizedTest
  @MethodSource("everyCallInEveryWay")
  void aJobEndsAsItShouldThough(String method, Fault fault) throws Exception {
    try (Gcp inside = Gcp.open(place, Set.of(), List.of(faults))) {
      faults.next(method, fault, 1);
      workOn(inside);
    }
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void aJobEndsAsItShouldThoughItsLastRecordWriteGoesWrong(Fault fault) throws Exception {
    try (Gcp inside = Gcp.open(place, Set.of(), List.of(faults))) {
      // the roster's and the claim's come first, whatever their order
      faults.pass("Commit", 2);
      faults.next("Commit", fault, 1);
      workOn(inside);
    }
  }

  @ParameterizedTest
  @EnumSource(value = HttpFaults.Fault.class, names = "TRUNCATE", mode = EnumSource.Mode.EXCLUDE)
  void aJobEndsAsItShouldThoughItsPartGoesWrong(HttpFaults.Fault fault) throws Exception {
    try (HttpFaults proxy = new HttpFaults(place.storageEmulator().orElseThrow());
        Gcp inside = Gcp.open(through(proxy.url()), Set.of())) {
      proxy.next(HttpFaults.Kind.CREATE, fault, 1);
      workOn(inside);
    }
  }

  private GcpOptions through(String url) {
    return new GcpOptions(
        place.project(),
        place.region(),
        place.database(),
        place.bucket(),
        place.inputBuckets(),
        place.pubSubEmulator(),
        place.firestoreEmulator(),
        Optional.of(url));
  }

  /** Lets a worker work on one job to its end, and looks at it from outside. */
  private void workOn(Gcp inside) throws Exception {
    CountDownLatch complete = new CountDownLatch(1);
    try (JobEvents.Subscription heard =
        outside
            .events()
            .subscribe(
                event -> {
                  if (event.state() == JobState.COMPLETE) {
                    complete.countDown();
                  }
                })) {
      assertThat(heard).isNotNull();
      JobRecords records = new JobRecords(outside.store(), outside.events(), clock);
      JobId id = JobId.random();
      JobSpec.Input input = new JobSpec.Inline("\"a\"\n\"b\"\n", 2);
      JobSpec spec = new JobSpec("scripted", input, Map.of(), 3, null, null);
      await(new JobIntake(outside.store(), outside.queue(), records, clock).submit(id, spec));
      String deployed = await(vertx.deployVerticle(worker(inside)));
      Job job = ended(id, complete);
      await(vertx.undeploy(deployed));

      assertThat(job.state()).isEqualTo(JobState.COMPLETE);
      assertThat(job.spent().failures()).as("no failure of the application's").isZero();
      assertThat(await(outside.objects().list("results/" + id + "/", null, 10))).hasSize(1);
      Buffer rows = await(outside.objects().read(job.partKey(0), 0, 10_000));
      assertThat(rows.toString().lines()).hasSize(2);
    }
  }

  /** The event may be what was lost, so the record is read as well. */
  private Job ended(JobId id, CountDownLatch complete) throws InterruptedException {
    long deadline = System.nanoTime() + END_MAX.toNanos();
    while (true) {
      boolean told = complete.await(500, TimeUnit.MILLISECONDS);
      Job job = await(outside.store().get(id)).orElseThrow();
      if (job.state().terminal()) {
        return job;
      }
      assertThat(System.nanoTime()).as("told %s, the job is %s", told, job).isLessThan(deadline);
    }
  }

  private WorkerVerticle worker(Gcp inside) {
    return new WorkerVerticle(
        new WorkerServices(
            inside.queue(),
            outside.events(),
            new JobRecords(inside.store(), inside.events(), clock),
            inside.objects(),
            inside.externalInputs(),
            inside.roster(),
            clock,
            new SimpleMeterRegistry(),
            Traces.OFF),
        new WorkerOptions(
            "worker",
            "test",
            Job.Place.UNKNOWN,
            1,
            4,
            Duration.ofSeconds(10),
            Checkpoints.every(Duration.ofSeconds(1))),
        new ScriptedEngine(),
        List.of(ScriptedEngine.spec(8, 1_000)),
        failure -> {
          throw new AssertionError(failure);
        });
  }
}
