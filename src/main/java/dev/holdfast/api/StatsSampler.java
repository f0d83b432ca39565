package dev.holdfast.api;

import dev.holdfast.api.StatsHistory.Reading;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore.Load;
import dev.holdfast.job.WorkerRoster;
import dev.holdfast.job.WorkerRoster.WorkerReport;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fills the {@link StatsHistory}: hears every event and reads counts and workers at each interval.
 * One a process is enough. Not thread-safe: belongs to one context.
 */
final class StatsSampler implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(StatsSampler.class);

  /** Records read at once because their jobs may have lost a worker; past this they are let go. */
  private static final int READS_MAX = 64;

  private final ApiServices services;
  private final Dependencies dependencies;
  private final StatsHistory history;
  private final Backlog backlog;
  private final HandOvers handOvers;
  private final Consumer<Runnable> onContext;
  private JobEvents.@Nullable Subscription subscription;
  private Clocked.@Nullable Timer next;
  private Instant sampledAt;
  private int reads;
  private boolean closed;

  /**
   * @param onContext runs a task on the context this belongs to
   */
  StatsSampler(
      ApiServices services,
      Dependencies dependencies,
      StatsHistory history,
      Backlog backlog,
      Consumer<Runnable> onContext) {
    this.services = services;
    this.dependencies = dependencies;
    this.history = history;
    this.backlog = backlog;
    this.handOvers = new HandOvers(history);
    this.onContext = onContext;
    this.sampledAt = services.clock().instant();
  }

  /** Listens and samples from now on. */
  void start() {
    subscription = services.events().subscribe(this::heard);
    later();
  }

  private void later() {
    if (!closed) {
      next = services.clock().after(StatsHistory.INTERVAL, () -> onContext.accept(this::sample));
    }
  }

  private void heard(JobEvent event) {
    Optional<Instant> alive = handOvers.heard(event, services.clock().instant());
    if (alive.isPresent() && reads < READS_MAX) {
      reads++;
      read(event.job(), alive.get());
    }
  }

  private void read(JobId id, Instant alive) {
    dependencies
        .call("the job store", () -> services.store().get(id))
        .onComplete(
            found -> {
              reads--;
              if (found.succeeded()) {
                Optional<Job> job = found.result();
                job.ifPresent(record -> handOvers.read(record, alive));
              }
            });
  }

  /** A sample whose reading fails is left out: the next one stands for the longer time. */
  private void sample() {
    Instant now = services.clock().instant();
    Future<Map<JobState, Load>> loads =
        dependencies.call("the job store", () -> services.store().backlog());
    Future<Optional<Instant>> oldest =
        dependencies.call("the job store", () -> services.store().waitingSince());
    Future<List<WorkerReport>> reports =
        dependencies.call(
            "the list of workers",
            () -> services.roster().list(now.minus(WorkerRoster.FORGOTTEN_AFTER)));
    Future.all(loads, oldest, reports)
        .onSuccess(
            all -> {
              double seconds = Duration.between(sampledAt, now).toMillis() / 1000.0;
              sampledAt = now;
              Reading reading =
                  new Reading(
                      now,
                      seconds,
                      loads.result(),
                      oldest.result().map(since -> Duration.between(since, now)).orElse(null),
                      reports.result().stream().filter(WorkerReport::ready).count());
              history.sample(reading);
              backlog.read(reading, history.itemsPerSecond(Backlog.PACE_SAMPLES));
            })
        .onFailure(e -> LOG.debug("a sample for the history is missing: {}", e.toString()))
        .onComplete(done -> later());
  }

  @Override
  public void close() {
    closed = true;
    if (subscription != null) {
      subscription.close();
    }
    if (next != null) {
      next.cancel();
    }
  }
}
