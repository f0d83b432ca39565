package dev.holdfast.worker;

import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.Reconciler;

/** An api process of a simulated fleet: the real intake and the real reconciler. */
final class SimApi {

  final SimProcess process;
  final JobIntake intake;

  SimApi(SimFleet fleet, SimProcess process) {
    this.process = process;
    JobStore store = fleet.store().port(process);
    JobQueue queue = fleet.queue().port(process);
    JobRecords records = new JobRecords(store, fleet.events().port(process), process);
    intake = new JobIntake(store, queue, records, process);
    if (fleet.plant() != SimPlant.RECONCILER_OFF) {
      new Reconciler(
              store,
              queue,
              fleet.objects().port(process),
              records,
              process,
              (what, why) -> fleet.world().say(process, () -> what + ": " + why))
          .start();
    }
  }
}
