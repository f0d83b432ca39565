package dev.holdfast.worker;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobQueue.Delivery;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.Traces;
import dev.holdfast.job.WorkerRoster;
import dev.holdfast.shutdown.DrainPlan;
import dev.holdfast.world.ScriptedEngine;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** A worker process of a simulated fleet: the real intake, runner, lease keeper and attempts. */
final class SimWorker {

  static final Duration LEASE = Duration.ofSeconds(30);
  private static final Duration PULL_WAIT = Duration.ofSeconds(5);

  /** For a grace of 15, 30 and 120 s. */
  private static final List<Duration> DRAIN_BUDGETS =
      List.of(Duration.ofSeconds(12), Duration.ofSeconds(27), Duration.ofSeconds(105));

  private static final SimpleMeterRegistry METERS = new SimpleMeterRegistry();
  private static final WorkerMetrics METRICS = new WorkerMetrics(METERS);

  private final SimFleet fleet;
  final SimProcess process;
  private final WorkerOptions options;
  private final Intake intake;
  private final LeaseKeeper leases;
  private final JobRunner runner;
  private final int slowness;
  private boolean draining;

  SimWorker(SimFleet fleet, SimProcess process) {
    SimWorld world = fleet.world();
    SimPlant plant = fleet.plant();
    this.fleet = fleet;
    this.process = process;
    Duration span = Duration.ofMillis(List.of(0, 400, 3_000).get(world.below(3)));
    options =
        new WorkerOptions(
            process.name(),
            "sim",
            Job.Place.UNKNOWN,
            1,
            fleet.alone() ? 3 : world.between(1, 3),
            LEASE,
            Checkpoints.every(span));
    JobQueue queue = plant.plant(fleet.queue().port(process));
    JobRecords records =
        new JobRecords(
            plant.plant(fleet.store().port(process), process),
            fleet.events().port(process),
            process);
    WorkerServices services =
        new WorkerServices(
            queue,
            fleet.events().port(process),
            records,
            plant.plant(fleet.objects().port(process), process),
            fleet.objects().inputs(process),
            new NoRoster(),
            process,
            METERS,
            Traces.OFF);
    leases = new LeaseKeeper(queue, options, METRICS);
    slowness = slowness(fleet);
    Serving serving =
        new Serving(
            new SimBatcher(world, process, model(fleet.digest(), world.between(1, 4)), slowness),
            CheckpointPolicy.fixed(span),
            METRICS,
            process,
            null);
    runner =
        new JobRunner(
            services, options, Map.of("scripted", serving), leases, METRICS, new Loop(process));
    intake =
        new Intake(
            process,
            new Loop(process),
            held -> draining ? 0 : options.slots() - held,
            free -> queue.pull(free, LEASE, PULL_WAIT),
            this::work);
  }

  private static int slowness(SimFleet fleet) {
    return fleet.world().chance(fleet.alone() ? 0.9 : 0.2) ? 8_000 : 300;
  }

  private static InferenceEngine.LoadedModel model(String digest, int itemsMax) {
    try {
      return new ScriptedEngine(digest, 1).load(ScriptedEngine.spec(itemsMax, 1_000));
    } catch (InferenceEngine.ModelLoadException e) {
      throw new IllegalStateException(e);
    }
  }

  void start() {
    fleet.events().port(process).subscribe(WorkerOptions.HEARS, runner::heard);
    turn();
    intake.pull();
  }

  private void turn() {
    process.after(
        options.leaseInterval(),
        () -> {
          leases.turn();
          turn();
        });
  }

  private Future<Void> work(Delivery delivery) {
    leases.add(delivery);
    return runner
        .run(delivery)
        .onFailure(e -> fleet.world().violated("the runner never fails, but: " + e));
  }

  /** SIGTERM, and SIGKILL when the budget is over. */
  void drain() {
    Duration budget = DRAIN_BUDGETS.get(fleet.world().below(DRAIN_BUDGETS.size()));
    Departure how = Departure.of(DrainPlan.of(budget, Duration.ofMillis(slowness)), false);
    fleet.world().say(process, () -> "is told to go within " + budget);
    process.execute(
        () -> {
          draining = true;
          runner.drain(how);
          intake.stop().onComplete(empty -> leave());
        });
    fleet.world().surely(budget.toMillis(), () -> process.kill("its time to drain is over"));
  }

  private void leave() {
    if (!process.alive()) {
      return;
    }
    if (!process.disturbed()) {
      for (Job job : fleet.store().all()) {
        Job.Lease lease = job.lease();
        if (lease != null
            && lease.worker().equals(process.name())
            && lease.until().isAfter(process.instant())) {
          fleet
              .world()
              .violated("a drained worker leaves nothing leased (" + SimStore.shown(job) + ")");
        }
      }
    }
    process.kill("drained");
  }

  boolean idle() {
    return !process.alive() || (intake.held() == 0 && !process.paused());
  }

  private static final class NoRoster implements WorkerRoster {
    @Override
    public Future<Void> report(WorkerReport report) {
      return Future.succeededFuture();
    }

    @Override
    public Future<Void> leave(String worker) {
      return Future.succeededFuture();
    }

    @Override
    public Future<List<WorkerReport>> list(Instant since) {
      return Future.succeededFuture(List.of());
    }
  }
}
