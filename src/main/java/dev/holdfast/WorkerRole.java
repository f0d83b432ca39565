package dev.holdfast;

import dev.holdfast.djl.DjlEngine;
import dev.holdfast.health.ManagementVerticle;
import dev.holdfast.health.Readiness;
import dev.holdfast.job.Backend;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.Traces;
import dev.holdfast.shutdown.DrainPlan;
import dev.holdfast.shutdown.PodDeletionCost;
import dev.holdfast.shutdown.ShutdownVerticle.Stage;
import dev.holdfast.telemetry.OpenTelemetryTraces;
import dev.holdfast.tuning.TunedEngine;
import dev.holdfast.tuning.TuningCache;
import dev.holdfast.worker.Checkpoints;
import dev.holdfast.worker.WorkerCost;
import dev.holdfast.worker.WorkerOptions;
import dev.holdfast.worker.WorkerServices;
import dev.holdfast.worker.WorkerVerticle;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A process that works on jobs. */
final class WorkerRole {

  private static final Logger LOG = LoggerFactory.getLogger(WorkerRole.class);

  private static final double CLOSE_UNTIL = LastStages.FROM;

  private final Backend backend;
  private final Vertx vertx = Vertx.vertx();
  private final WorkerVerticle worker;
  private final Optional<OpenTelemetryTraces> traces;
  private volatile Optional<PodDeletionCost> deletionCost = Optional.empty();

  private WorkerRole(Backend backend, WorkerVerticle worker, Optional<OpenTelemetryTraces> traces) {
    this.backend = backend;
    this.worker = worker;
    this.traces = traces;
  }

  /**
   * Starts it; completes when it reports to the roster, while its models are still loaded.
   *
   * @param place where it runs
   * @param fatal hears why this process cannot go on
   * @param evict answers requests to leave, if any shall be taken
   */
  static Future<WorkerRole> start(
      Config config,
      Job.Place place,
      Clocked clock,
      Consumer<String> fatal,
      Optional<Handler<HttpServerRequest>> evict) {
    List<ModelSpec> models;
    Backend backend;
    Optional<OpenTelemetryTraces> traces;
    try {
      traces = config.telemetry().traces(Config.Role.WORKER, clock);
      models = ModelsFile.read(config.models());
      backend = Backends.open(config, clock, WorkerOptions.HEARS);
    } catch (ConfigException e) {
      return Future.failedFuture(e);
    }
    PrometheusMeterRegistry meters = meters(place);
    Traces told = traces.<Traces>map(open -> open).orElse(Traces.OFF);
    WorkerVerticle worker =
        new WorkerVerticle(
            new WorkerServices(
                backend.queue(),
                backend.events(),
                new JobRecords(
                    backend.store(), backend.events(), clock, told, new JobEnds(meters)::count),
                backend.objects(),
                backend.externalInputs(),
                backend.roster(),
                clock,
                meters,
                told),
            new WorkerOptions(
                config.worker(),
                config.host(),
                place,
                ProcessHandle.current().pid(),
                config.slots(),
                config.lease(),
                new Checkpoints(
                    config.checkpoint(), config.interruptionsEvery(), config.scratch())),
            new TunedEngine(
                new DjlEngine(), config.warmUp(), new TuningCache(config.cache()), Sentences::at),
            models,
            failure -> {
              LOG.error("this worker cannot go on; another takes its jobs over", failure);
              fatal.accept("inference failed for good");
            });
    config
        .telemetry()
        .pricePerHour()
        .ifPresent(price -> WorkerCost.count(meters, price, clock::nanos));
    WorkerRole role = new WorkerRole(backend, worker, traces);
    ManagementVerticle management =
        new ManagementVerticle(
            config.host(),
            config.managementPort(),
            meters,
            worker::ailment,
            () -> readiness(worker.notReady()),
            evict);
    return role.vertx
        .deployVerticle(management)
        .compose(
            deployed -> {
              worker.managementPort(management.port());
              return role.vertx.deployVerticle(worker);
            })
        .onSuccess(deployed -> role.keepUpCost(config, clock))
        .map(role);
  }

  private void keepUpCost(Config config, Clocked clock) {
    if (config.telemetry().podDeletionCost()) {
      deletionCost = PodDeletionCost.inPod(vertx, clock, System.getenv(), worker::atStake);
    }
  }

  /** Every number says where it was counted, so that zones and fleets can be told apart. */
  private static PrometheusMeterRegistry meters(Job.Place place) {
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    meters
        .config()
        .commonTags(
            "zone",
            place.zone() == null ? "unknown" : place.zone(),
            "spot",
            place.spot() == null ? "unknown" : place.spot().toString(),
            "machine",
            place.machine() == null ? "unknown" : place.machine());
    return meters;
  }

  private static Readiness readiness(@Nullable String reason) {
    return reason == null ? Readiness.READY : Readiness.notReady(reason);
  }

  /** The way out: jobs are handed over first, then everything is closed. */
  List<Stage> stages() {
    List<Stage> stages = new ArrayList<>();
    stages.add(new Stage(worker, DrainPlan.HAND_OVER_SHARE));
    stages.add(new Stage(WayOut.leaving("the worker's loops", this::closeLoops), CLOSE_UNTIL));
    stages.addAll(LastStages.of(traces, backend::close));
    return stages;
  }

  private Future<Void> closeLoops() {
    deletionCost.ifPresent(PodDeletionCost::close);
    return vertx.close();
  }
}
