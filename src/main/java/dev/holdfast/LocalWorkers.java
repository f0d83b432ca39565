package dev.holdfast;

import dev.holdfast.api.WorkerStops;
import dev.holdfast.job.Clocked;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The workers of one machine, by their names. Thread-safe. */
final class LocalWorkers implements WorkerStops {

  /** What a Spot node is given between the two signals. */
  static final Duration EVICTION_GRACE = Duration.ofSeconds(15);

  private final Map<String, WorkerProcess> processes;
  private final Set<String> leaving = ConcurrentHashMap.newKeySet();

  /**
   * Makes them; none is started yet.
   *
   * @param count how many, from 0; they are called {@code worker-1} and so on
   */
  LocalWorkers(int count, Config config, Clocked clock, Consumer<String> output) {
    Map<String, WorkerProcess> made = new LinkedHashMap<>();
    for (int i = 1; i <= count; i++) {
      String name = "worker-" + i;
      made.put(name, new WorkerProcess(name, WorkerCommandLine.of(name, config), clock, output));
    }
    processes = Collections.unmodifiableMap(made);
  }

  void forEach(BiConsumer<String, WorkerProcess> action) {
    processes.forEach(action);
  }

  /** The worker's process, or null if there is no such worker. */
  @Nullable WorkerProcess get(String worker) {
    return processes.get(worker);
  }

  @Override
  public Map<String, Long> workers() {
    Map<String, Long> workers = new LinkedHashMap<>();
    processes.forEach(
        (name, process) -> workers.put(name, leaving.contains(name) ? 0 : process.pid().orElse(0)));
    return workers;
  }

  /** A second SIGTERM would end it at once, so nobody gets one while it is leaving. */
  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // it only ever completes well
  public boolean evict(String worker) {
    WorkerProcess process = processes.get(worker);
    if (process == null || process.pid().isEmpty() || !leaving.add(worker)) {
      return false;
    }
    process
        .evict(EVICTION_GRACE, WorkerProcess.BACKOFF_FIRST)
        .whenComplete((code, failure) -> leaving.remove(worker));
    return true;
  }

  @Override
  public boolean kill(String worker) {
    WorkerProcess process = processes.get(worker);
    return process != null && process.kill(WorkerProcess.BACKOFF_FIRST);
  }
}
