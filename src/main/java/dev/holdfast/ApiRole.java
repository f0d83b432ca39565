package dev.holdfast;

import dev.holdfast.api.ApiOptions;
import dev.holdfast.api.ApiServices;
import dev.holdfast.api.ApiVerticle;
import dev.holdfast.api.JobJson;
import dev.holdfast.api.WorkerStops;
import dev.holdfast.health.ManagementVerticle;
import dev.holdfast.health.Readiness;
import dev.holdfast.job.Backend;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.Traces;
import dev.holdfast.job.WorkerRoster;
import dev.holdfast.shutdown.DrainPlan;
import dev.holdfast.shutdown.ShutdownVerticle.Stage;
import dev.holdfast.telemetry.OpenTelemetryTraces;
import dev.holdfast.webhook.WebhookVerticle;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A process, or the part of one, that serves the API. Thread-safe. */
final class ApiRole implements AutoCloseable {

  /** More instances than this would only compete for one database. */
  private static final int INSTANCES_MAX = 4;

  /** Of the grace, this part goes to sending streams away, if others are there to take them. */
  private static final int LEAVE_PART = 4;

  /** Of the time that the API's stage has, this share goes to its streams and requests. */
  private static final double STOP_PART = 15.0 / 16;

  private final Config config;
  private final Backend backend;
  private final Optional<OpenTelemetryTraces> traces;
  private final Vertx vertx;
  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final AtomicReference<ApiVerticle> api = new AtomicReference<>();
  private final ManagementVerticle management;
  private volatile boolean leaving;
  private volatile @Nullable String deployment;
  private volatile @Nullable String telling;

  private ApiRole(
      Config config,
      Backend backend,
      Supplier<@Nullable String> problem,
      Optional<OpenTelemetryTraces> traces) {
    this.config = config;
    this.backend = backend;
    this.traces = traces;
    this.vertx = Vertx.vertx(ApiVerticle.vertxOptions());
    this.management =
        new ManagementVerticle(
                config.host(),
                config.managementPort(),
                meters,
                this::ailment,
                () -> readiness(leaving ? "the API is leaving" : problem.get()),
                Optional.empty())
            .reusingPort(config.reusePort());
  }

  private @Nullable String ailment() {
    ApiVerticle first = api.get();
    return first == null ? null : first.ailment();
  }

  private static Readiness readiness(@Nullable String problem) {
    return problem == null ? Readiness.READY : Readiness.notReady(problem);
  }

  /**
   * Starts it. Blocks until it serves.
   *
   * @param problem why the whole is not ready although the API is, or null; must not block
   * @param stops takes the workers away that this process starts
   * @throws ConfigException if the models cannot be read, the data not opened, a port not listened
   *     on
   */
  static ApiRole start(
      Config config, Clocked clock, Supplier<@Nullable String> problem, WorkerStops stops)
      throws ConfigException {
    List<ModelSpec> models = ModelsFile.read(config.models());
    Optional<OpenTelemetryTraces> traces = config.telemetry().traces(Config.Role.API, clock);
    ApiRole role =
        new ApiRole(config, Backends.open(config, clock, JobEvents.EVERY_STATE), problem, traces);
    try {
      if (config.reusePort() && !role.vertx.isNativeTransportEnabled()) {
        throw new ConfigException(
            List.of(
                "%s=true cannot be had: it takes Linux's own sockets, and Netty has none here (%s)"
                    .formatted(
                        Setting.REUSE_PORT.key(),
                        Objects.toString(
                            role.vertx.unavailableNativeTransportCause(), "another system"))));
      }
      Awaited.start(role.deployApi(models, clock, stops), config, Setting.PORT);
      Awaited.start(role.vertx.deployVerticle(role.management), config, Setting.MANAGEMENT_PORT);
    } catch (ConfigException e) {
      role.close();
      throw e;
    }
    return role;
  }

  private Future<String> deployApi(List<ModelSpec> models, Clocked clock, WorkerStops stops) {
    WebhookVerticle webhooks =
        new WebhookVerticle(
            config.webhooks(),
            new WebhookVerticle.Services(backend.store(), backend.events(), clock, meters),
            JobJson::job);
    Traces told = traces.<Traces>map(open -> open).orElse(Traces.OFF);
    JobRecords records =
        new JobRecords(backend.store(), backend.events(), clock, told, new JobEnds(meters)::count);
    ApiServices services =
        new ApiServices(
            backend.store(),
            backend.queue(),
            backend.events(),
            backend.objects(),
            backend.externalInputs(),
            backend.roster(),
            new JobIntake(backend.store(), backend.queue(), records, clock),
            models,
            clock,
            meters,
            webhooks,
            told);
    Supplier<ApiVerticle> instances = ApiVerticle.instances(options(), services, stops);
    Supplier<ApiVerticle> kept =
        () -> {
          ApiVerticle instance = instances.get();
          api.compareAndSet(null, instance);
          return instance;
        };
    int count = Math.min(INSTANCES_MAX, Runtime.getRuntime().availableProcessors());
    return vertx
        .deployVerticle(webhooks)
        .onSuccess(deployed -> telling = deployed)
        .compose(
            deployed -> vertx.deployVerticle(kept, new DeploymentOptions().setInstances(count)))
        .onSuccess(deployed -> deployment = deployed);
  }

  private ApiOptions options() {
    boolean others = config.reusePort() || config.gcp().isPresent();
    return new ApiOptions(
        config.host(),
        config.port(),
        config.reusePort(),
        ApiOptions.Limits.USUAL,
        new ApiOptions.Leave(
            others ? config.grace().dividedBy(LEAVE_PART) : Duration.ZERO, stopMax(config)));
  }

  /** A little less than the stage's time, so that it ends by itself. */
  private static Duration stopMax(Config config) {
    return Duration.ofMillis((long) (config.grace().toMillis() * DrainPlan.WORK_SHARE * STOP_PART));
  }

  int port() {
    ApiVerticle first = api.get();
    if (first == null) {
      throw new IllegalStateException("the api has not started");
    }
    return first.port();
  }

  int managementPort() {
    return management.port();
  }

  WorkerRoster roster() {
    return backend.roster();
  }

  /** The way out: not ready first, then requests are finished, then everything is closed. */
  List<Stage> stages() {
    List<Stage> stages = new ArrayList<>();
    stages.add(
        new Stage(
            WayOut.leaving(
                "the API",
                () -> {
                  leaving = true;
                  return Future.join(undeploy(deployment), undeploy(telling)).mapEmpty();
                }),
            DrainPlan.WORK_SHARE));
    stages.add(new Stage(WayOut.leaving("the API's loops", vertx::close), LastStages.FROM));
    stages.addAll(LastStages.of(traces, this::closePorts));
    return stages;
  }

  private Future<Void> undeploy(@Nullable String deployed) {
    return deployed == null ? Future.succeededFuture() : vertx.undeploy(deployed);
  }

  /** Ends it in good order; blocks for the grace at most. Idempotent. */
  @Override
  public void close() {
    Awaited.close(vertx.close(), config.grace());
    traces.ifPresent(OpenTelemetryTraces::close);
    closePorts();
  }

  private void closePorts() {
    backend.close();
    meters.close();
  }
}
