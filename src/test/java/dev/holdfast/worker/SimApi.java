package dev.holdfast.worker;

import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.Reconciler;

/** An api process of a simulated fleet: the real intake, reconciler and feed. */
final class SimApi {

  final SimProcess process;
  final JobIntake intake;
  final SimWatchers watchers;

  SimApi(SimFleet fleet, SimProcess process) {
    this.process = process;
    JobStore store = fleet.store().port(process);
    JobQueue queue = fleet.queue().port(process);
    JobEvents events = fleet.events().port(process);
    JobRecords records = new JobRecords(store, events, process);
    watchers = new SimWatchers(fleet, process, store, events);
    intake = new JobIntake(store, queue, records, process);
    if (fleet.plant() != SimPlant.RECONCILER_OFF) {
      JobStore looked = fleet.plant().plantReconciler(store, process);
      new Reconciler(
              looked,
              queue,
              fleet.objects().port(process),
              new JobRecords(looked, events, process),
              process,
              (what, why) -> fleet.world().say(process, () -> what + ": " + why))
          .start();
    }
  }
}
