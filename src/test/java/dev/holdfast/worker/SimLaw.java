package dev.holdfast.worker;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a record may become, by whose hand: the promises that hold at each write. */
final class SimLaw {

  private final SimWorld world;
  private final SimObjects objects;
  private final Map<JobId, SimInput> inputs = new LinkedHashMap<>();
  private final Set<Wish> asked = new HashSet<>();
  private boolean mixedModels;

  /** What a client has asked a process for. */
  private record Wish(SimProcess process, JobId job, JobState state) {}

  SimLaw(SimWorld world, SimObjects objects) {
    this.world = world;
    this.objects = objects;
  }

  /** Tells what was asked for. */
  void asked(JobId id, SimInput input) {
    inputs.put(id, input);
  }

  @Nullable SimInput input(JobId id) {
    return inputs.get(id);
  }

  /** Workers have different versions of the model from now on. */
  void mixedModels() {
    mixedModels = true;
  }

  void created(Job job) {
    check(job.version() == 1, job, "a new record has version 1");
  }

  void deleted(Job job) {
    check(job.state().terminal(), job, "only the record of a job that has ended is deleted");
  }

  /** Nothing is told before it is written, and nothing that was not. */
  void published(SimStore.@Nullable Told told, long version, JobState state) {
    if (told == null || told.states.size() < version) {
      world.violated("an event tells of version " + version + ", which is not written yet");
    } else if (told.states.get((int) version - 1) != state) {
      world.violated("an event tells of another state than was written");
    }
  }

  /**
   * Who writes a record.
   *
   * @param token what the attempt that writes it has claimed the job with, if that is known
   */
  record Writer(SimProcess process, @Nullable String token) {}

  /** A client wants a process to send a job on its way again. */
  void askedToRetry(SimProcess process, JobId id) {
    asked.add(new Wish(process, id, JobState.QUEUED));
  }

  /** A client wants a process to cancel a job. */
  void askedToCancel(SimProcess process, JobId id) {
    asked.add(new Wish(process, id, JobState.CANCELLED));
  }

  void written(Writer by, Job before, Job next) {
    SimProcess writer = by.process;
    check(next.version() == before.version() + 1, next, "a version is one more than the last");
    check(next.spec().equals(before.spec()), next, "what was asked for never changes");
    check(
        next.state() == before.state() || before.state().canBecome(next.state()),
        next,
        before.state() + " cannot become " + next.state());
    boolean worker = writer.name().startsWith("worker");
    if (before.state().terminal()) {
      check(
          asked.contains(new Wish(writer, next.id(), next.state())),
          next,
          "a job that has ended moves no more unless a client asks for it");
    }
    if (next.state() == JobState.CANCELLED) {
      check(
          asked.contains(new Wish(writer, next.id(), JobState.CANCELLED)),
          next,
          "only a client cancels a job");
    }
    if (worker) {
      byWorker(by, before, next);
    } else {
      check(next.fence() == before.fence(), next, "only a claim moves the fence");
      check(
          next.checkpoint().equals(before.checkpoint()),
          next,
          "only a worker moves the checkpoint");
    }
    checkpoint(before, next);
    budgets(before, next, worker);
    if (next.state() == JobState.FAILED && before.state() != JobState.FAILED) {
      failure(writer, next);
    }
    if (next.state() != JobState.PROCESSING) {
      check(next.lease() == null, next, "only a job in work is leased");
      List<Job.Attempt> attempts = next.attempts();
      check(
          attempts.isEmpty() || attempts.get(attempts.size() - 1).ended() != null,
          next,
          "a job that is not in work has no open attempt");
    }
  }

  private void byWorker(Writer by, Job before, Job next) {
    SimProcess writer = by.process;
    Job.Lease held = before.lease();
    Job.Lease mine = next.lease();
    boolean free = held == null || !held.until().isAfter(writer.instant());
    boolean holder =
        before.state() == JobState.PROCESSING
            && held != null
            && held.worker().equals(writer.name());
    String error = next.error() == null ? "" : next.error().code();
    boolean givenUp =
        error.equals(JobError.WORKER_LOST.code())
            || ((free || !holder) && error.equals(JobError.DEADLINE_EXCEEDED.code()));
    if (zombiesNote(writer, before, next)) {
      world.say(writer, () -> "notes in " + SimStore.shown(next) + " that it was fenced out");
      return;
    }
    check(
        free || holder,
        next,
        "only the attempt that holds the job writes its record, and "
            + writer.name()
            + " does not");
    if (next.fence() != before.fence() || givenUp) {
      check(next.fence() - before.fence() == (givenUp ? 0 : 1), next, "a claim adds one fence");
      check(free, next, "nobody claims a job that somebody holds");
      check(
          givenUp || (mine != null && mine.worker().equals(writer.name())),
          next,
          "a claim is for the claimer");
      return;
    }
    check(
        holder && held != null && (mine == null || mine.token().equals(held.token())),
        next,
        "only an attempt that has claimed the job writes its record");
    check(
        by.token == null || (held != null && held.token().equals(by.token)),
        next,
        "only the attempt that has claimed the job writes, no older one of its worker");
  }

  /**
   * The one thing that a worker may write without holding the job: that an attempt of its own,
   * which was taken for lost, was fenced out.
   */
  private static boolean zombiesNote(SimProcess writer, Job before, Job next) {
    List<Job.Attempt> noted = new ArrayList<>();
    for (Job.Attempt attempt : before.attempts()) {
      boolean own = attempt.worker().equals(writer.name()) && attempt.outcome() == Job.Outcome.LOST;
      noted.add(
          next.attempts().stream()
              .filter(after -> own && after.equals(fencedOut(attempt, after.ended())))
              .findFirst()
              .orElse(attempt));
    }
    SimRecord record = new SimRecord(before);
    record.version++;
    record.updatedAt = next.updatedAt();
    record.attempts = noted;
    return !noted.equals(before.attempts()) && next.equals(record.done());
  }

  private static Job.Attempt fencedOut(Job.Attempt lost, @Nullable Instant ended) {
    return new Job.Attempt(
        lost.worker(),
        lost.place(),
        lost.fence(),
        lost.started(),
        lost.resumedAt(),
        lost.reached(),
        ended,
        Job.Outcome.FENCED_OUT,
        lost.error(),
        lost.told(),
        lost.looseRows(),
        lost.untouched());
  }

  private void checkpoint(Job before, Job next) {
    Job.Checkpoint from = before.checkpoint();
    Job.Checkpoint to = next.checkpoint();
    if (to.equals(from)) {
      return;
    }
    check(
        to.nextItem() >= from.nextItem()
            && to.inputOffset() >= from.inputOffset()
            && to.parts() >= from.parts(),
        next,
        "a checkpoint never moves back");
    Job.Checkpoint durable = from;
    while (durable != null && durable.nextItem() < to.nextItem()) {
      durable = objects.after(next, durable);
    }
    check(to.equals(durable), next, "a checkpoint never passes what is durable");
  }

  private void budgets(Job before, Job next, boolean worker) {
    Job.Spent was = before.spent();
    Job.Spent is = next.spent();
    if (before.state().terminal()) {
      check(is.equals(Job.Spent.NOTHING), next, "a retry gives fresh budgets");
      return;
    }
    SimInput input = inputs.get(next.id());
    check(
        is.failures() == was.failures()
            || (worker
                && is.failures() == was.failures() + 1
                && (mixedModels || (input != null && input.hopeless() != null) || lost(next))),
        next,
        "an eviction spends no failure");
    check(is.interruptions() - was.interruptions() >= 0, next, "budgets only shrink");
  }

  private static boolean lost(Job job) {
    return job.error() != null && job.error().code().equals(JobError.WORKER_LOST.code());
  }

  private void failure(SimProcess writer, Job job) {
    Job.Report report = Objects.requireNonNull(job.error());
    SimInput input = inputs.get(job.id());
    Instant deadline = job.spec().deadline();
    JobError hopeless = input == null ? null : input.hopeless();
    if (report.code().equals(JobError.WORKER_LOST.code())) {
      long dead =
          job.attempts().stream()
              .filter(a -> a.outcome() == Job.Outcome.LOST)
              .filter(a -> a.resumedAt() == job.checkpoint().nextItem())
              .count();
      check(
          job.spent().suspects() >= JobLife.SUSPECTS_MAX
              && dead >= JobLife.SUSPECTS_MAX
              && job.spent().failures() > 0,
          job,
          "three suspects in a row fail a job, and are a failure");
    } else if (report.code().equals(JobError.DEADLINE_EXCEEDED.code())) {
      check(deadline != null && !deadline.isAfter(writer.instant()), job, "deadlines are kept");
    } else if (report.code().equals(JobError.MODEL_CHANGED.code())) {
      check(mixedModels, job, "no job fails for a change of the model that was not made");
    } else {
      check(
          hopeless != null && report.code().equals(hopeless.code()),
          job,
          "no job fails for " + report.code() + " that has nothing wrong with it");
    }
  }

  private void check(boolean holds, Job job, String promise) {
    if (!holds) {
      world.violated(promise + " (" + SimStore.shown(job) + ")");
    }
  }
}
