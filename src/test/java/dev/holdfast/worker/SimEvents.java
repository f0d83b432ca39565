package dev.holdfast.worker;

import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobState;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** The news of a simulated fleet: each process may miss some, hear them late, twice or mixed up. */
final class SimEvents {

  private static final int LATE_MILLIS_MAX = 60_000;

  private final SimWorld world;
  private final SimStore store;
  private final SimLaw law;
  private final List<Hearing> hearings = new ArrayList<>();

  private record Hearing(
      SimProcess process, Set<JobState> states, Consumer<JobEvents.JobEvent> listener) {}

  SimEvents(SimWorld world, SimStore store, SimLaw law) {
    this.world = world;
    this.store = store;
    this.law = law;
  }

  /** The news as one process tells and hears them. */
  JobEvents port(SimProcess process) {
    return new JobEvents() {
      @Override
      public Future<Void> publish(JobEvent event) {
        return process
            .call(
                () ->
                    "tell %s v%d %s"
                        .formatted(SimStore.shown(event.job()), event.version(), event.state()),
                () -> {
                  spread(event);
                  return true;
                })
            .mapEmpty();
      }

      @Override
      public Subscription subscribe(Set<JobState> states, Consumer<JobEvent> listener) {
        Hearing hearing = new Hearing(process, states, listener);
        hearings.add(hearing);
        return () -> hearings.remove(hearing);
      }
    };
  }

  private void spread(JobEvents.JobEvent event) {
    law.published(store.told(event.job()), event.version(), event.state());
    hearings.removeIf(hearing -> !hearing.process.alive());
    for (Hearing hearing : hearings) {
      if (hearing.states.contains(event.state())) {
        tell(hearing, event);
      }
    }
  }

  private void tell(Hearing hearing, JobEvents.JobEvent event) {
    Runnable hear =
        () -> {
          world.say(
              hearing.process,
              () -> "hears that %s is %s".formatted(SimStore.shown(event.job()), event.state()));
          hearing.listener.accept(event);
        };
    if (!world.fault()) {
      world.after(world.delay(), hearing.process, hear);
    } else if (world.chance(0.5)) {
      world.after(world.between(0, LATE_MILLIS_MAX), hearing.process, hear);
      if (world.chance(0.5)) {
        world.after(world.between(0, LATE_MILLIS_MAX), hearing.process, hear);
      }
    }
  }
}
