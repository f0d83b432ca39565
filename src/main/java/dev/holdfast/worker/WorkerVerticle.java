package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.WorkerRoster;
import dev.holdfast.shutdown.Drainable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads the models, then pulls no more deliveries than it has free slots and hands each to the
 * {@link JobRunner}. Deploy one instance a process.
 *
 * <p>Starts at once and loads beside it; until every model is loaded it is not ready and pulls
 * nothing. A model that cannot be loaded leaves it so, with the reason.
 */
public final class WorkerVerticle extends VerticleBase implements Drainable {

  private static final Logger LOG = LoggerFactory.getLogger(WorkerVerticle.class);

  private final WorkerServices services;
  private final WorkerOptions options;
  private final InferenceEngine engine;
  private final List<ModelSpec> declared;
  private final Consumer<Throwable> fatal;
  private final WorkerMetrics metrics;
  private final Map<String, Serving> models = new ConcurrentHashMap<>();
  private final Instant startedAt;
  private final @Nullable ScratchSweep disk;
  private volatile @Nullable LeaseKeeper leases;
  private @Nullable JobRunner runner;
  private JobEvents.@Nullable Subscription news;
  private volatile @Nullable String notReady = "the models are being loaded";
  private volatile @Nullable Vitals vitals;
  private final AtomicBoolean broken = new AtomicBoolean();
  private volatile int managementPort;
  private @Nullable Intake intake;
  private boolean draining;
  private Clocked.@Nullable Timer nextReport;
  private Clocked.@Nullable Timer watch;
  private final Promise<Void> drained = Promise.promise();

  /**
   * @param fatal hears of a failure that this process cannot survive; it should end the process, so
   *     that a fresh one takes over
   */
  public WorkerVerticle(
      WorkerServices services,
      WorkerOptions options,
      InferenceEngine engine,
      List<ModelSpec> declared,
      Consumer<Throwable> fatal) {
    this.services = services;
    this.options = options;
    this.engine = engine;
    this.declared = List.copyOf(declared);
    this.fatal = fatal;
    this.metrics = new WorkerMetrics(services.meters());
    this.startedAt = services.clock().instant();
    this.disk = ScratchSweep.of(options, services);
  }

  @Override
  public Future<?> start() {
    LeaseKeeper keeper = new LeaseKeeper(services.queue(), options, metrics);
    keeper.start();
    leases = keeper;
    Loop loop = new Loop(task -> context.runOnContext(v -> task.run()));
    JobRunner jobs = new JobRunner(services, options, models, keeper, metrics, loop);
    runner = jobs;
    intake =
        new Intake(
            services.clock(),
            loop,
            this::room,
            free -> services.queue().pull(free, options.lease(), WorkerOptions.PULL_WAIT),
            delivery -> {
              keeper.add(delivery);
              return jobs.run(delivery);
            });
    news = services.events().subscribe(WorkerOptions.HEARS, jobs::heard);
    metrics.gauge("holdfast.deliveries.held", keeper::size);
    metrics.gauge("holdfast.items.at.stake", keeper::atStake);
    report();
    if (disk != null) {
      disk.start();
    }
    load();
    Vitals signs = new Vitals(models, loop, services.clock());
    watch = signs.watch(this::broken);
    vitals = signs;
    return Future.succeededFuture();
  }

  /** Why the worker pulls no jobs, or null while it does. Any thread. */
  public @Nullable String notReady() {
    return notReady;
  }

  /** Why this process should be started again, or null; never what it depends on. Any thread. */
  public @Nullable String ailment() {
    Vitals signs = vitals;
    return signs == null ? null : signs.ailment();
  }

  /** What would be lost with this worker, in items; 0 if nothing would. Any thread. */
  public long atStake() {
    LeaseKeeper keeper = leases;
    return keeper == null ? 0 : keeper.atStake();
  }

  /** Tells the roster where the worker's health is served. Any thread. */
  public void managementPort(int port) {
    managementPort = port;
  }

  /** Inference has ended for good; the drain that follows must not wait for it. */
  private void broken(Throwable why) {
    if (broken.compareAndSet(false, true)) {
      fatal.accept(why);
    }
  }

  private void load() {
    Callable<Void> loading =
        () -> {
          PartScratch scratch = disk == null ? null : disk.scratch();
          new ModelLoading(engine, services, options.checkpoints(), scratch, metrics, this::broken)
              .load(declared, models, what -> context.runOnContext(v -> busyWith(what)));
          return null;
        };
    vertx
        .executeBlocking(loading, false)
        .onSuccess(
            loaded -> {
              notReady = draining ? "the worker is leaving" : null;
              tell();
              pull();
            })
        .onFailure(
            failure -> {
              if (!draining && !broken.get()) {
                busyWith(ModelLoading.reason(failure));
                LOG.error("this worker serves nothing until it is restarted: {}", notReady);
              }
            });
  }

  private void busyWith(String what) {
    if (!draining) {
      notReady = what;
      tell();
    }
  }

  private void pull() {
    Intake deliveries = intake;
    if (deliveries != null) {
      deliveries.pull();
    }
  }

  private int room(int held) {
    JobRunner jobs = runner;
    if (draining || notReady != null || jobs == null) {
      return 0;
    }
    if (!jobs.open().isComplete()) {
      jobs.open().onSuccess(open -> pull());
      return 0;
    }
    return Serving.room(models.values(), held, options.slots());
  }

  private void report() {
    tell();
    nextReport =
        services
            .clock()
            .after(WorkerRoster.REPORT_INTERVAL, () -> context.runOnContext(v -> report()));
  }

  private int held() {
    Intake deliveries = intake;
    return deliveries == null ? 0 : deliveries.held();
  }

  private void tell() {
    metrics.settle(services.clock().nanos());
    services
        .roster()
        .report(
            options.report(
                startedAt,
                services.clock().instant(),
                notReady,
                Serving.digests(models),
                held(),
                (long) metrics.items.count(),
                metrics.meanBatchSinceLast(),
                managementPort))
        .onFailure(e -> LOG.debug("could not report to the roster: {}", e.toString()));
  }

  @Override
  public String name() {
    return "worker " + options.id();
  }

  /** Stops pulling and leaves every running job at its next checkpoint. Any thread. */
  @Override
  public Future<Void> drain(Duration budget) {
    context.runOnContext(
        v -> {
          draining = true;
          notReady = "the worker is leaving";
          engine.stop();
          cancel(nextReport);
          cancel(watch);
          JobRunner jobs = runner;
          if (jobs != null) {
            jobs.drain(Departure.of(budget, models.values(), broken.get()));
          }
          Intake deliveries = intake;
          if (deliveries == null) {
            drained.tryComplete();
          } else {
            deliveries.stop().onComplete(drained::handle);
          }
        });
    return drained.future();
  }

  private static void cancel(Clocked.@Nullable Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
  }

  @Override
  public Future<?> stop() {
    return drain(Duration.ZERO)
        .compose(v -> services.roster().leave(options.id()).otherwiseEmpty())
        .compose(
            v -> {
              LeaseKeeper keeper = leases;
              JobEvents.Subscription heard = news;
              if (keeper != null && heard != null) {
                keeper.close();
                heard.close();
              }
              if (disk != null) {
                disk.close();
              }
              Callable<Void> closing =
                  () -> {
                    models.values().forEach(serving -> serving.batcher().close());
                    return null;
                  };
              return vertx.executeBlocking(closing, false);
            });
  }
}
