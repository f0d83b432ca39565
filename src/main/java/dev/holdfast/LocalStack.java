package dev.holdfast;

import dev.holdfast.client.Metrics;
import dev.holdfast.job.Clocked;
import dev.holdfast.shutdown.ShutdownVerticle.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A whole Holdfast on one machine: the API in this process, each worker a process of its own, which
 * is started again when it dies. Closing it ends them all; when this process is killed, they end by
 * themselves. Thread-safe.
 */
public final class LocalStack implements AutoCloseable {

  /** Beyond the workers' own grace, for the operating system to end them. */
  private static final Duration KILL_MARGIN = Duration.ofSeconds(2);

  private static final double WORKERS_UNTIL = 0.6;

  private final Config config;
  private final ApiRole api;
  private final LocalWorkers workers;
  private final RosterWatch roster;
  private final Metrics metrics = new Metrics();

  private LocalStack(Config config, ApiRole api, LocalWorkers workers, RosterWatch roster) {
    this.config = config;
    this.api = api;
    this.workers = workers;
    this.roster = roster;
  }

  /**
   * Starts it; the workers load their models after this has returned. Blocks.
   *
   * @param config of all processes; its management port is the API's, workers take any free one
   * @param workers how many, from 0; they are called {@code worker-1} and so on
   * @param output hears each line that a worker prints, after its name, and what becomes of it; on
   *     several threads
   * @throws ConfigException if a port is in use or the configuration cannot be used otherwise
   */
  public static LocalStack start(Config config, int workers, Clocked clock, Consumer<String> output)
      throws ConfigException {
    RosterWatch roster = new RosterWatch(clock, output);
    LocalWorkers processes = new LocalWorkers(workers, config, clock, output);
    ApiRole api = ApiRole.start(config, clock, roster::problem, processes);
    LocalStack stack = new LocalStack(config, api, processes, roster);
    processes.forEach((name, worker) -> worker.start());
    roster.start(api.roster(), workers);
    return stack;
  }

  /** The port of the API, also if any free one was asked for. */
  public int port() {
    return api.port();
  }

  /** The port of the API's health and metrics. */
  public int managementPort() {
    return api.managementPort();
  }

  /** The process of each worker by its name; one that waits to be started again is absent. */
  public Map<String, Long> pids() {
    Map<String, Long> pids = new LinkedHashMap<>();
    workers.forEach((name, worker) -> worker.pid().ifPresent(pid -> pids.put(name, pid)));
    return pids;
  }

  /** Why not all workers serve, or empty once they do. */
  public Optional<String> notReady() {
    @Nullable String problem = roster.problem();
    return Optional.ofNullable(problem);
  }

  /**
   * How many items a worker has inferred since it started. Blocks for a moment.
   *
   * @return empty if it does not answer
   */
  public OptionalLong itemsInferred(String worker) throws InterruptedException {
    @Nullable Integer port = roster.managementPort(worker);
    return port == null
        ? OptionalLong.empty()
        : metrics.counter(config.host(), port, "holdfast_items_total");
  }

  /**
   * Kills a worker as a vanishing machine would: SIGKILL, not a word.
   *
   * @return whether it was running
   */
  public boolean kill(String worker) {
    WorkerProcess process = workers.get(worker);
    return process != null && process.kill();
  }

  /**
   * Kills a worker and starts none in its place for a while, as when a machine is reclaimed.
   *
   * @return whether it was running
   */
  boolean kill(String worker, Duration away) {
    WorkerProcess process = workers.get(worker);
    return process != null && process.kill(away);
  }

  /** The way out: the workers leave with their own grace, then the API does. */
  List<Stage> stages() {
    List<Stage> stages = new ArrayList<>();
    stages.add(new Stage(WayOut.closing("the workers", this::endWorkers), WORKERS_UNTIL));
    api.stages().forEach(stage -> stages.add(stage.between(WORKERS_UNTIL, 1)));
    return stages;
  }

  private void endWorkers() {
    roster.close();
    List<WorkerProcess> all = new ArrayList<>();
    workers.forEach((name, worker) -> all.add(worker));
    all.forEach(WorkerProcess::ask);
    long deadline = System.nanoTime() + config.grace().plus(KILL_MARGIN).toNanos();
    all.forEach(worker -> worker.end(deadline));
  }

  /** How long an orderly end of all of it may take: the workers' grace, and the API's. */
  static Duration graceOfAll(Config config) {
    return config.grace().plus(KILL_MARGIN).multipliedBy(2);
  }

  /** Ends the workers, then the API; blocks for the grace at most, and a little. */
  @Override
  public void close() {
    endWorkers();
    api.close();
  }
}
