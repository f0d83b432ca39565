package dev.holdfast.worker;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The records of a simulated fleet. Each write is held against the {@link SimLaw}. */
final class SimStore {

  /** A job's record over time. */
  static final class Told {
    final List<JobState> states = new ArrayList<>();
    long lastEndedAt = Long.MIN_VALUE;

    boolean was(JobState state) {
      return states.contains(state);
    }
  }

  private final SimWorld world;
  private final SimLaw law;
  private final Map<JobId, Job> jobs = new LinkedHashMap<>();
  private final Map<JobId, Told> told = new LinkedHashMap<>();
  private Duration age = Duration.ZERO;

  SimStore(SimWorld world, SimLaw law) {
    this.world = world;
    this.law = law;
  }

  Collection<Job> all() {
    return jobs.values();
  }

  @Nullable Job job(JobId id) {
    return jobs.get(id);
  }

  @Nullable Told told(JobId id) {
    return told.get(id);
  }

  /** Whether a reader could have seen since then that the job has ended or is gone. */
  boolean endedSince(JobId id, long since) {
    Job job = jobs.get(id);
    Told history = told.get(id);
    return job == null
        || job.state().terminal()
        || (history != null && history.lastEndedAt >= since);
  }

  /** From now on what is created was created so long ago. */
  void backdate(Duration by) {
    age = by;
  }

  private Created create(Job job) {
    SimRecord record = new SimRecord(job);
    record.createdAt = job.createdAt().minus(age);
    Job made = record.done();
    Job there = jobs.putIfAbsent(job.id(), made);
    if (there != null) {
      return new Created(there, false);
    }
    law.created(made);
    Told history = new Told();
    history.states.add(job.state());
    told.put(job.id(), history);
    return new Created(made, true);
  }

  private boolean replace(SimLaw.Writer writer, Job before, Job next) {
    Job stored = jobs.get(before.id());
    if (stored == null || stored.version() != before.version()) {
      return false;
    }
    law.written(writer, stored, next);
    jobs.put(next.id(), next);
    Told history = told.computeIfAbsent(next.id(), id -> new Told());
    history.states.add(next.state());
    if (stored.state().terminal()) {
      history.lastEndedAt = world.now();
    }
    return true;
  }

  private boolean delete(Job job) {
    Job stored = jobs.get(job.id());
    if (stored == null || stored.version() != job.version()) {
      return false;
    }
    law.deleted(stored);
    jobs.remove(job.id());
    return true;
  }

  private List<Job> due(Instant now, int limit) {
    return jobs.values().stream()
        .filter(job -> !job.wakeAt().isAfter(now))
        .sorted(Comparator.comparing(Job::wakeAt))
        .limit(limit)
        .toList();
  }

  private record Created(Job job, boolean isNew) {
    @Override
    public String toString() {
      return shown(job) + (isNew ? " is new" : " was there");
    }
  }

  static String shown(Job job) {
    return "%s v%d %s fence %d at item %d"
        .formatted(
            shown(job.id()), job.version(), job.state(), job.fence(), job.checkpoint().nextItem());
  }

  static String shown(JobId id) {
    return id.value().substring(4, 10);
  }

  /** This store as one process reaches it. */
  JobStore port(SimProcess process) {
    return new Port(process);
  }

  private final class Port implements JobStore {

    private final SimProcess process;

    private final SimReaders readers;

    Port(SimProcess process) {
      this.process = process;
      readers = new SimReaders(world, process);
    }

    @Override
    public Future<JobStore.Created> create(Job job) {
      return process
          .call(() -> "create " + shown(job), () -> SimStore.this.create(job))
          .map(created -> new JobStore.Created(created.job(), created.isNew()));
    }

    @Override
    public Future<Optional<Job>> get(JobId id) {
      String token = readers.reader(id);
      return process
          .call(() -> "get " + shown(id), () -> new Answer(SimStore.this.jobs.get(id)))
          .map(answer -> answer.job().map(job -> readers.shown(job, token)));
    }

    @Override
    public Future<Boolean> replace(Job before, Job next) {
      SimLaw.Writer writer = new SimLaw.Writer(process, readers.writer(before, next));
      return process
          .write(
              () -> "replace v%d by %s".formatted(before.version(), shown(next)),
              () -> SimStore.this.replace(writer, before, next))
          .onSuccess(written -> readers.answered(before, writer.token(), written));
    }

    @Override
    public Future<Boolean> delete(Job job) {
      return process.call(() -> "delete " + shown(job), () -> SimStore.this.delete(job));
    }

    @Override
    public Future<Page> list(Query query) {
      return process.call(() -> "list", () -> new Page(List.copyOf(jobs.values()), null));
    }

    @Override
    public Future<List<Job>> due(Instant now, int limit) {
      return process.call(() -> "due", () -> new Due(SimStore.this.due(now, limit))).map(Due::jobs);
    }

    @Override
    public Future<Map<JobState, Long>> counts() {
      Map<JobState, Long> counts = new EnumMap<>(JobState.class);
      jobs.values().forEach(job -> counts.merge(job.state(), 1L, Long::sum));
      return process.call(() -> "counts", () -> counts);
    }

    @Override
    public Future<Map<JobState, Load>> backlog() {
      return process.call(() -> "backlog", Map::of);
    }

    @Override
    public Future<Optional<Instant>> waitingSince() {
      return process.call(() -> "waitingSince", Optional::empty);
    }

    @Override
    public Future<Long> waitingBefore(Instant createdAt) {
      return process.call(() -> "waitingBefore", () -> 0L);
    }
  }

  private record Answer(@Nullable Job found) {
    Optional<Job> job() {
      return Optional.ofNullable(found);
    }

    @Override
    public String toString() {
      return found == null ? "none" : shown(found);
    }
  }

  private record Due(List<Job> jobs) {
    @Override
    public String toString() {
      return jobs.stream().map(SimStore::shown).toList().toString();
    }
  }
}
