package dev.holdfast.api;

import dev.holdfast.console.Console;
import dev.holdfast.job.Reconciler;
import io.micrometer.core.instrument.Gauge;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the contract over HTTP. Deploy as many instances as there are cores, all from one {@link
 * #instances}: they share the port and the limits, and one of them looks after the jobs that nobody
 * moves.
 */
public final class ApiVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(ApiVerticle.class);

  /** Asked for a negative port, Vert.x gives all instances the same random one. */
  private static final int RANDOM_SHARED_PORT = -1;

  private final ApiOptions options;
  private final ApiServices services;
  private final Shared shared;
  private @Nullable HttpServer server;
  private @Nullable Live live;
  private @Nullable Connections connections;
  private @Nullable Reconciler reconciler;
  private @Nullable StatsSampler sampler;

  private ApiVerticle(ApiOptions options, ApiServices services, Shared shared) {
    this.options = options;
    this.services = services;
    this.shared = shared;
  }

  /**
   * What the instances are to be deployed on. Only the system's own sockets can say that a client
   * takes nothing any more (RFC 5482); where they are not to be had, Java's are used.
   */
  public static VertxOptions vertxOptions() {
    return new VertxOptions().setPreferNativeTransport(true);
  }

  /** Makes the instances of one deployment, beside workers that nobody can stop from here. */
  public static Supplier<ApiVerticle> instances(ApiOptions options, ApiServices services) {
    return instances(options, services, WorkerStops.NONE);
  }

  /**
   * Makes the instances of one deployment. Blocks for a moment.
   *
   * @param stops takes the workers away that this process started
   */
  public static Supplier<ApiVerticle> instances(
      ApiOptions options, ApiServices services, WorkerStops stops) {
    Shared shared = new Shared(options.limits(), services, stops);
    return () -> new ApiVerticle(options, services, shared);
  }

  /** What the instances of one process have in common. */
  private static final class Shared {
    final Contract contract = new Contract();
    final Console console = Console.load();
    final StatsHistory history = new StatsHistory();
    final AtomicBoolean reconciling = new AtomicBoolean();
    final List<Supplier<Future<Void>>> leaving = new CopyOnWriteArrayList<>();
    final List<LoopPulse> loops = new CopyOnWriteArrayList<>();
    final Door door = new Door();
    final WorkerStops stops;
    final ApiMetrics metrics;
    final Backlog backlog;
    final Tally tally;
    final Permits inFlight;
    final Permits waiting;
    final Permits uploads;
    final Permits streams;

    Shared(ApiOptions.Limits limits, ApiServices services, WorkerStops stops) {
      this.stops = stops;
      metrics = new ApiMetrics(services.meters());
      backlog = new Backlog(services.meters(), services.clock());
      tally = new Tally(services.store(), services.clock());
      inFlight = counted(ApiMetrics.REQUESTS_IN_FLIGHT, limits.inFlightMax(), services);
      waiting = counted(ApiMetrics.LONG_POLLS, limits.longPollsMax(), services);
      uploads = counted(ApiMetrics.UPLOADS, limits.uploadsMax(), services);
      streams = counted(ApiMetrics.STREAMS, limits.streams().streamsMax(), services);
    }

    /**
     * Listens no more, so that nobody who is sent away comes back here, and ends the streams of all
     * instances. The first server that is shut down closes the connections of all, with no word of
     * where they should go.
     */
    Future<Void> leave() {
      return door.close()
          .eventually(() -> Future.join(leaving.stream().map(Supplier::get).toList()));
    }

    private static Permits counted(String name, int max, ApiServices services) {
      Permits permits = new Permits(max);
      Gauge.builder(name, permits, Permits::taken)
          .strongReference(true)
          .register(services.meters());
      return permits;
    }
  }

  /** The port that is listened on, once the verticle has started. */
  public int port() {
    HttpServer listening = server;
    if (listening == null) {
      throw new IllegalStateException("the verticle has not started");
    }
    return listening.actualPort();
  }

  /** Why the process should be started again, or null. Any thread. */
  public @Nullable String ailment() {
    return shared.loops.stream().anyMatch(LoopPulse::stuck)
        ? "an event loop has not come round for %s".formatted(LoopPulse.STUCK_AFTER)
        : null;
  }

  @Override
  public Future<?> start() {
    shared.loops.add(new LoopPulse(this::onContext, services.clock()));
    return here(shared.contract.read(vertx))
        .compose(
            read -> {
              connections = new Connections(services.clock(), options.limits(), this::onContext);
              live = Live.start(services, options.limits(), shared.streams, this::onContext);
              shared.leaving.add(leaving(live));
              return listen(read, connections, live);
            })
        .onSuccess(listening -> serveAlone())
        .onFailure(failure -> closeOwn());
  }

  private Future<HttpServer> listen(Contract.Read read, Connections connections, Live live) {
    ApiRouter routes =
        new ApiRouter(
            read,
            RequestSteps.around(handlers(read, connections, live), services.traces()),
            shared.inFlight,
            new BodyReader(services.clock(), options.limits(), this::onContext),
            connections,
            new Problems(shared.metrics));
    Router router = routes.create(vertx, shared.console);
    server =
        vertx
            .createHttpServer(options.server())
            .connectionHandler(this::opened)
            .invalidRequestHandler(routes::invalid)
            .exceptionHandler(e -> LOG.debug("a connection failed", e))
            .requestHandler(router);
    return server.listen(options.port() == 0 ? RANDOM_SHARED_PORT : options.port(), options.host());
  }

  private void opened(HttpConnection connection) {
    shared.door.used(connection);
    if (connections != null) {
      connections.opened(connection);
    }
  }

  private Map<String, ApiRouter.Handler> handlers(
      Contract.Read read, Connections connections, Live live) {
    Dependencies dependencies = live.dependencies();
    ApiMetrics metrics = shared.metrics;
    JobRoutes jobs = new JobRoutes(services, live, shared.waiting);
    EventRoutes events =
        new EventRoutes(
            live.feed(), live.streams(), connections, options.limits().streams(), services.clock());
    InputRoutes inputs =
        new InputRoutes(
            services, dependencies, options.limits(), shared.uploads, metrics, this::onContext);
    ServiceRoutes service =
        new ServiceRoutes(services, dependencies, read, shared.stops, shared.tally);
    StopRoutes stops = new StopRoutes(shared.stops);
    return Map.ofEntries(
        Map.entry("submitJob", new SubmitRoute(services, dependencies, jobs, metrics)::submit),
        Map.entry("listJobs", jobs::list),
        Map.entry("getJob", jobs::get),
        Map.entry("cancelJob", jobs::cancel),
        Map.entry("retryJob", jobs::retry),
        Map.entry("getResult", new ResultRoute(services, dependencies, jobs, metrics)::result),
        Map.entry("jobEvents", events::job),
        Map.entry("events", events::events),
        Map.entry("uploadInput", inputs::upload),
        Map.entry("getInput", inputs::get),
        Map.entry("listModels", service::models),
        Map.entry("listWorkers", service::workers),
        Map.entry("evictWorker", stops::evict),
        Map.entry("killWorker", stops::kill),
        Map.entry("listDeadLetters", service::deadLetters),
        Map.entry("getStats", service::stats),
        Map.entry("getStatsHistory", call -> call.reply(200, shared.history.json())),
        Map.entry("getContract", service::contract));
  }

  private Dependencies dependencies() {
    return new Dependencies(
        services.clock(), options.limits().dependencyWaitMax(), this::onContext);
  }

  /** What one instance does for all. */
  private void serveAlone() {
    if (shared.reconciling.compareAndSet(false, true)) {
      reconciler =
          new Reconciler(
              services.store(),
              services.queue(),
              services.objects(),
              services.intake().records(),
              services.clock(),
              LOG::warn);
      reconciler.telling(services.webhooks()).start();
      sampler =
          new StatsSampler(
              services, dependencies(), shared.history, shared.backlog, this::onContext);
      sampler.start();
    }
  }

  @Override
  public Future<?> stop() {
    if (sampler != null) {
      sampler.close();
    }
    if (reconciler != null) {
      reconciler.close();
      shared.reconciling.set(false);
    }
    long until = services.clock().nanos() + options.leave().all().toNanos();
    return here(shared.leave())
        .compose(
            left ->
                server == null
                    ? Future.succeededFuture()
                    : server.shutdown(
                        Math.max(1, until - services.clock().nanos()), TimeUnit.NANOSECONDS))
        .onComplete(done -> closeOwn());
  }

  private Supplier<Future<Void>> leaving(Live streams) {
    return () -> {
      Promise<Void> left = Promise.promise();
      onContext(() -> streams.leave(options.leave().streams()).onComplete(left));
      return left.future();
    };
  }

  private void closeOwn() {
    if (live != null) {
      live.close();
    }
    if (connections != null) {
      connections.close();
    }
  }

  /** What the instances share may complete on the context of another. */
  private <T> Future<T> here(Future<T> elsewhere) {
    Promise<T> here = Promise.promise();
    elsewhere.onComplete(done -> onContext(() -> here.handle(done)));
    return here.future();
  }

  void onContext(Runnable task) {
    context.runOnContext(go -> task.run());
  }
}
