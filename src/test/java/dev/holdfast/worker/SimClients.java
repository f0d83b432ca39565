package dev.holdfast.worker;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Those who want something: they submit, again if there was no answer, cancel and retry. */
final class SimClients {

  private static final int JOBS_MAX = 5;
  private static final int TRIES_MAX = 5;
  private static final int PATIENCE_MILLIS = 10_000;
  private static final String BODY = "body";
  private static final String OTHER_BODY = "other body";

  private final SimFleet fleet;
  private final SimWorld world;
  private final long seed;
  private final List<JobId> accepted = new ArrayList<>();
  private final List<JobId> cancelled = new ArrayList<>();
  private final List<Asked> asked = new ArrayList<>();

  /** A question and whom it was put to. */
  private record Asked(SimProcess process, Future<?> answer) {}

  SimClients(SimFleet fleet, long seed) {
    this.fleet = fleet;
    this.world = fleet.world();
    this.seed = seed;
  }

  /** Plans everything that they will ask for within so many milliseconds. */
  void schedule(int millis) {
    int jobs = world.between(1, JOBS_MAX);
    for (int i = 0; i < jobs; i++) {
      JobId id = Simulation.id(seed, i);
      SimInput input = SimInput.draw(world, "job" + i);
      prepare(input);
      fleet.law().asked(id, input);
      Instant deadline =
          world.chance(0.05) ? SimWorld.BEGIN.plusMillis(world.between(10_000, 2 * millis)) : null;
      JobSpec spec = Simulation.spec(input, deadline, BODY);
      int at = world.between(0, millis / 2);
      world.surely(at, () -> submit(id, spec, 1));
      if (world.chance(0.2)) {
        world.surely(at + world.between(0, 5_000), () -> submit(id, spec, TRIES_MAX));
      }
      if (world.chance(0.05)) {
        JobSpec other = Simulation.spec(input, deadline, OTHER_BODY);
        world.surely(at + world.between(100, 9_000), () -> submitOther(id, other));
      }
      if (world.chance(0.15)) {
        world.surely(at + world.between(0, 9_000), () -> cancel(id));
      }
      if (world.chance(0.2)) {
        world.surely(at + world.between(0, 30_000), () -> retry(id));
      }
    }
  }

  private void prepare(SimInput input) {
    Buffer bytes = input.bytes();
    if (bytes != null && input.input() instanceof JobSpec.Stored stored) {
      fleet.objects().put(stored.key(), bytes);
    } else if (bytes != null && input.input() instanceof JobSpec.External external) {
      fleet.objects().file(external.uri(), bytes);
    }
  }

  private void submit(JobId id, JobSpec spec, int tries) {
    SimApi api = fleet.api();
    boolean[] answered = new boolean[1];
    world.say(null, () -> "a client submits " + SimStore.shown(id) + " to " + api.process.name());
    asked(api, api.intake.submit(id, spec))
        .onComplete(
            done -> {
              answered[0] = true;
              if (done.succeeded()) {
                accepted(id, done.result().job());
                api.watchers.watch(id, world.chance(0.5) ? done.result().job().version() : 0);
              } else {
                submitAgain(id, spec, tries);
              }
            });
    world.surely(
        PATIENCE_MILLIS,
        () -> {
          if (!answered[0]) {
            submitAgain(id, spec, tries);
          }
        });
  }

  private void submitAgain(JobId id, JobSpec spec, int tries) {
    if (tries < TRIES_MAX) {
      world.surely(1_000, () -> submit(id, spec, tries + 1));
    }
  }

  private void accepted(JobId id, Job job) {
    world.say(null, () -> "a client hears that " + SimStore.shown(job) + " is accepted");
    accepted.add(id);
    if (fleet.store().job(id) == null) {
      world.violated("an accepted job has a record");
    }
    if (!job.id().equals(id) || !BODY.equals(job.spec().fingerprint())) {
      world.violated("a client is answered for what it asked for");
    }
  }

  /** The same key with another body must not pass if the key was used. */
  private void submitOther(JobId id, JobSpec other) {
    if (fleet.store().job(id) == null) {
      return;
    }
    SimApi api = fleet.api();
    asked(api, api.intake.submit(id, other))
        .onComplete(
            done -> {
              if (done.succeeded()
                  || (done.cause() instanceof JobException refused
                      && refused.error() != JobError.IDEMPOTENCY_KEY_REUSED)) {
                world.violated("a key that was used with another body is refused");
              }
            });
  }

  private void cancel(JobId id) {
    world.say(null, () -> "a client cancels " + SimStore.shown(id));
    SimApi api = fleet.api();
    fleet.law().askedToCancel(api.process, id);
    asked(api, api.intake.cancel(id)).onSuccess(job -> cancelled.add(job.id()));
  }

  private void retry(JobId id) {
    world.say(null, () -> "a client wants " + SimStore.shown(id) + " again");
    SimApi api = fleet.api();
    fleet.law().askedToRetry(api.process, id);
    asked(api, api.intake.retry(id));
  }

  private <T> Future<T> asked(SimApi api, Future<T> answer) {
    asked.add(new Asked(api.process, answer));
    return answer;
  }

  /** Whether they wait for no answer that may still come. */
  boolean settled() {
    asked.removeIf(question -> question.answer.isComplete() || !question.process.alive());
    return asked.isEmpty();
  }

  /** What they were told is so. */
  void check() {
    for (JobId id : accepted) {
      Job job = fleet.store().job(id);
      if (job == null || !job.state().terminal()) {
        world.violated("no accepted job is lost, but " + SimStore.shown(id) + " is");
      }
    }
    for (JobId id : cancelled) {
      SimStore.Told told = fleet.store().told(id);
      if (told == null || !told.was(JobState.CANCELLED)) {
        world.violated("a job that was cancelled was cancelled, but not " + SimStore.shown(id));
      }
    }
  }
}
