package dev.holdfast;

import dev.holdfast.client.ClientException;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.Metrics;
import dev.holdfast.emulator.FreePort;
import dev.holdfast.job.Clocked;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * An API and workers, each a process of its own, of which workers are taken away. All of them end
 * with this process, however it ends. Thread-safe.
 */
final class ChaosFleet implements AutoCloseable {

  private static final String HOST = "127.0.0.1";

  private static final List<String> API_FLAGS =
      List.of(
          "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError");

  /** Beyond the grace of a process, for the operating system to end it. */
  private static final Duration KILL_MARGIN = Duration.ofSeconds(2);

  private final Config config;
  private final int apiPort;
  private final int apiManagementPort;
  private final WorkerProcess api;
  private final Map<String, Member> workers;
  private final Metrics metrics = new Metrics();

  /**
   * @param managementPort the same for each process that runs under this name
   */
  private record Member(WorkerProcess process, int managementPort) {}

  private ChaosFleet(
      Config config, WorkerProcess api, int port, int managementPort, Map<String, Member> workers) {
    this.config = config;
    this.api = api;
    this.apiPort = port;
    this.apiManagementPort = managementPort;
    this.workers = workers;
  }

  /**
   * Starts it; nothing is ready when this returns.
   *
   * @param values settings of all, as the environment names them; ports are chosen here
   * @param count workers, called {@code worker-1} and so on
   * @param output hears what each process prints, after its name; on several threads
   */
  static ChaosFleet start(
      Map<String, String> values, int count, Clocked clock, Consumer<String> output)
      throws ConfigException, IOException {
    Map<String, String> settings = new LinkedHashMap<>(values);
    int port = FreePort.find();
    int managementPort = FreePort.find();
    settings.put(Setting.HOST.key(), HOST);
    settings.put(Setting.PORT.key(), Integer.toString(port));
    settings.put(Setting.MANAGEMENT_PORT.key(), Integer.toString(managementPort));
    Config config = Config.read(settings, Config.Role.API);
    WorkerProcess api = new WorkerProcess("api", apiCommand(settings), clock, output);
    Map<String, Member> workers = new LinkedHashMap<>();
    for (int i = 1; i <= count; i++) {
      String name = "worker-" + i;
      int workerPort = FreePort.find();
      ProcessBuilder command = WorkerCommandLine.of(name, config);
      command.environment().put(Setting.MANAGEMENT_PORT.key(), Integer.toString(workerPort));
      workers.put(name, new Member(new WorkerProcess(name, command, clock, output), workerPort));
    }
    api.start();
    workers.values().forEach(worker -> worker.process().start());
    return new ChaosFleet(config, api, port, managementPort, workers);
  }

  private static ProcessBuilder apiCommand(Map<String, String> settings) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(API_FLAGS);
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "api",
            "--with-parent"));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().putAll(settings);
    return builder;
  }

  HoldfastClient client() throws ClientException {
    return new HoldfastClient("http://%s:%d".formatted(HOST, apiPort));
  }

  Set<String> workers() {
    return workers.keySet();
  }

  private Member worker(String name) {
    Member worker = workers.get(name);
    if (worker == null) {
      throw new IllegalArgumentException("there is no " + name);
    }
    return worker;
  }

  /** Why not all of it serves, or empty once it does. Blocks for some seconds at most. */
  Optional<String> notReady() throws InterruptedException {
    if (!metrics.ready(HOST, apiManagementPort)) {
      return Optional.of("the API is not ready");
    }
    for (String name : workers()) {
      if (!ready(name)) {
        return Optional.of(name + " is not ready");
      }
    }
    return Optional.empty();
  }

  /** Whether the worker is there and says that it takes jobs. Blocks for a moment. */
  boolean ready(String name) throws InterruptedException {
    return running(name) && metrics.ready(HOST, worker(name).managementPort());
  }

  /** Whether the worker's process is there, whatever it does. */
  boolean running(String name) {
    return worker(name).process().pid().isPresent();
  }

  /**
   * How many items a worker has inferred since it started. Blocks for a moment.
   *
   * @return empty if it does not answer
   */
  OptionalLong itemsInferred(String name) throws InterruptedException {
    return metrics.counter(HOST, worker(name).managementPort(), "holdfast_items_total");
  }

  /**
   * How many items a worker was left the rows of since it started. Blocks for a moment.
   *
   * @return empty if it does not answer
   */
  OptionalLong itemsReused(String name) throws InterruptedException {
    return metrics.counter(HOST, worker(name).managementPort(), "holdfast_items_reused_total");
  }

  /** As {@link WorkerProcess#kill(Duration)}. */
  boolean kill(String name, Duration away) {
    return worker(name).process().kill(away);
  }

  /** As {@link WorkerProcess#evict}. */
  CompletableFuture<OptionalInt> evict(String name, Duration grace, Duration away) {
    return worker(name).process().evict(grace, away);
  }

  /** How many processes have ended so far, for whatever reason. */
  int deaths() {
    int deaths = api.deaths();
    for (Member worker : workers.values()) {
      deaths += worker.process().deaths();
    }
    return deaths;
  }

  /** Ends the workers, then the API; blocks for twice the grace at most, and a little. */
  @Override
  public void close() {
    List<WorkerProcess> processes = workers.values().stream().map(Member::process).toList();
    processes.forEach(WorkerProcess::ask);
    end(processes);
    api.ask();
    end(List.of(api));
  }

  private void end(List<WorkerProcess> processes) {
    long deadline = System.nanoTime() + config.grace().plus(KILL_MARGIN).toNanos();
    processes.forEach(process -> process.end(deadline));
  }
}
