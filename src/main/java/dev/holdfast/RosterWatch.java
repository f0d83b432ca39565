package dev.holdfast;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.WorkerRoster;
import dev.holdfast.job.WorkerRoster.WorkerReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Says aloud which workers serve and which do not, and why. Thread-safe. */
final class RosterWatch implements AutoCloseable {

  private static final Duration INTERVAL = Duration.ofMillis(500);

  private final Clocked clock;
  private final Consumer<String> output;
  private final Map<String, String> told = new HashMap<>();
  private final Map<String, Integer> managementPorts = new ConcurrentHashMap<>();
  private volatile @Nullable String problem = "the workers are starting";
  private volatile boolean closed;

  RosterWatch(Clocked clock, Consumer<String> output) {
    this.clock = clock;
    this.output = output;
  }

  /**
   * Looks from now on.
   *
   * @param expected how many workers there should be
   */
  void start(WorkerRoster roster, int expected) {
    if (expected == 0) {
      problem = null;
    } else if (!closed) {
      roster
          .list(clock.instant().minus(WorkerRoster.FORGOTTEN_AFTER))
          .onComplete(
              listed -> {
                if (listed.succeeded()) {
                  look(listed.result(), expected);
                }
                clock.after(INTERVAL, () -> start(roster, expected));
              });
    }
  }

  /** Where a worker answers for its health, or null if it has not said. */
  @Nullable Integer managementPort(String worker) {
    return managementPorts.get(worker);
  }

  /** Why not all workers serve, or null if they do. */
  @Nullable String problem() {
    return problem;
  }

  private synchronized void look(List<WorkerReport> reports, int expected) {
    String worst = null;
    List<String> news = new ArrayList<>();
    for (WorkerReport report : reports) {
      managementPorts.put(report.id(), report.managementPort());
      String reason =
          report.ready() ? "" : report.reason() == null ? "no reason given" : report.reason();
      String line =
          report.ready()
              ? "%s is ready".formatted(report.id())
              : "%s is not ready: %s".formatted(report.id(), reason);
      if (!line.equals(told.put(report.id(), line)) && !closed) {
        news.add(line);
      }
      if (!report.ready()) {
        worst = line;
      }
    }
    if (worst == null && reports.size() < expected) {
      worst = "%d of %d workers have reported".formatted(reports.size(), expected);
    }
    problem = worst;
    news.forEach(output);
  }

  @Override
  public void close() {
    closed = true;
  }
}
