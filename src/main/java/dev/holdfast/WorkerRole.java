package dev.holdfast;

import dev.holdfast.djl.DjlEngine;
import dev.holdfast.health.ManagementVerticle;
import dev.holdfast.health.Readiness;
import dev.holdfast.job.Backend;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.worker.WorkerOptions;
import dev.holdfast.worker.WorkerServices;
import dev.holdfast.worker.WorkerVerticle;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A process that works on jobs. */
final class WorkerRole {

  private static final Logger LOG = LoggerFactory.getLogger(WorkerRole.class);

  private final Config config;
  private final Backend backend;
  private final Vertx vertx = Vertx.vertx();
  private final WorkerVerticle worker;

  private WorkerRole(Config config, Backend backend, WorkerVerticle worker) {
    this.config = config;
    this.backend = backend;
    this.worker = worker;
  }

  /** Starts it; completes when it reports to the roster, while its models are still loaded. */
  static Future<WorkerRole> start(Config config, Clocked clock) {
    List<ModelSpec> models;
    Backend backend;
    try {
      models = ModelsFile.read(config.models());
      backend = Backends.open(config, clock, false);
    } catch (ConfigException e) {
      return Future.failedFuture(e);
    }
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    WorkerVerticle worker =
        new WorkerVerticle(
            new WorkerServices(
                backend.queue(),
                new JobRecords(backend.store(), backend.events(), clock),
                backend.objects(),
                backend.externalInputs(),
                backend.roster(),
                clock,
                meters),
            new WorkerOptions(
                config.worker(),
                config.host(),
                ProcessHandle.current().pid(),
                config.slots(),
                config.lease(),
                config.checkpoint()),
            new DjlEngine(),
            models,
            failure -> {
              LOG.error("this worker cannot go on; another takes its jobs over", failure);
              Exit.fatal();
            });
    WorkerRole role = new WorkerRole(config, backend, worker);
    ManagementVerticle management =
        new ManagementVerticle(
            config.host(), config.managementPort(), meters, () -> readiness(worker.notReady()));
    return role.vertx
        .deployVerticle(management)
        .compose(
            deployed -> {
              worker.managementPort(management.port());
              return role.vertx.deployVerticle(worker);
            })
        .map(role);
  }

  private static Readiness readiness(@Nullable String reason) {
    return reason == null ? Readiness.READY : Readiness.notReady(reason);
  }

  /** Drains within the grace, then ends; what is not done then is another's. */
  Future<Void> close() {
    return worker
        .drain(config.grace())
        .eventually(vertx::close)
        .onComplete(closed -> backend.close());
  }
}
