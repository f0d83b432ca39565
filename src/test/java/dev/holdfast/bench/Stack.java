package dev.holdfast.bench;

import dev.holdfast.Main;
import dev.holdfast.emulator.FreePort;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An API and a worker as processes of their own, each on a core of its own. */
final class Stack implements AutoCloseable {

  /** As {@code ./holdfast} starts a worker; the bare loop has the same. */
  static final List<String> WORKER_FLAGS =
      List.of(
          "-Xms256m",
          "-Xmx256m",
          "-XX:+AlwaysPreTouch",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1");

  private static final List<String> API_FLAGS =
      List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  private static final Duration START_MAX = Duration.ofSeconds(60);

  /** A main class and its arguments, for each of the two. */
  record Commands(List<String> api, List<String> worker) {

    static final Commands USUAL =
        new Commands(List.of(Main.class.getName(), "api"), List.of(Main.class.getName(), "worker"));
  }

  final Api api;
  private final Child apiProcess;
  private final Map<String, String> environment;
  private final Path log;
  private final int workerCore;
  private final Commands commands;
  private Child worker;

  private Stack(
      Api api,
      Child apiProcess,
      Map<String, String> environment,
      Path log,
      int core,
      Commands commands)
      throws IOException {
    this.api = api;
    this.apiProcess = apiProcess;
    this.environment = environment;
    this.log = log;
    this.workerCore = core;
    this.commands = commands;
    this.worker = startWorker();
  }

  /**
   * Starts both and waits until the worker is ready.
   *
   * @param workerCore the core that the worker is pinned to; -1 lets everything use every core
   */
  static Stack start(Path data, Path log, int workerCore) throws IOException, InterruptedException {
    return start(data, log, workerCore, Map.of());
  }

  /** Starts both with settings beyond the usual. */
  static Stack start(Path data, Path log, int workerCore, Map<String, String> settings)
      throws IOException, InterruptedException {
    return start(data, log, workerCore, settings, Commands.USUAL);
  }

  /** Starts both, by commands of their own. */
  static Stack start(
      Path data, Path log, int workerCore, Map<String, String> settings, Commands commands)
      throws IOException, InterruptedException {
    int port = FreePort.find();
    Map<String, String> environment = new HashMap<>(settings);
    environment.put("HOLDFAST_DATA", data.toString());
    environment.put("HOLDFAST_PORT", Integer.toString(port));
    environment.put("HOLDFAST_MANAGEMENT_PORT", "0");
    environment.put("HOLDFAST_LOG_LEVEL", "warn");
    int apiCore = workerCore < 0 ? -1 : 1 - workerCore;
    Child apiProcess = Child.start(apiCore, environment, log, API_FLAGS, commands.api);
    Api api = new Api(port);
    await("the API", apiProcess, api::up);
    Stack stack = new Stack(api, apiProcess, environment, log, workerCore, commands);
    await("the worker", stack.worker, api::ready);
    return stack;
  }

  private Child startWorker() throws IOException {
    return Child.start(workerCore, environment, log, WORKER_FLAGS, commands.worker);
  }

  Child worker() {
    return worker;
  }

  Child apiProcess() {
    return apiProcess;
  }

  void stopWorker() {
    worker.close();
  }

  void restartWorker() throws IOException {
    worker = startWorker();
  }

  /** Something that is true sooner or later. */
  interface Condition {
    boolean holds() throws InterruptedException;
  }

  static void await(String what, Child child, Condition condition)
      throws IOException, InterruptedException {
    long from = System.nanoTime();
    Object pause = new Object();
    while (!condition.holds()) {
      if (!child.alive() || System.nanoTime() - from > START_MAX.toNanos()) {
        throw new IOException(what + " did not come up; see the log");
      }
      synchronized (pause) {
        pause.wait(20);
      }
    }
  }

  @Override
  public void close() {
    worker.close();
    apiProcess.close();
  }
}
