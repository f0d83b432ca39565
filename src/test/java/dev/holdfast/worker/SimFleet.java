package dev.holdfast.worker;

import java.util.ArrayList;
import java.util.List;

/** Everything that runs in a simulation: the services, two api processes and some workers. */
final class SimFleet {

  private static final int APIS = 2;

  private final SimWorld world;
  private final SimPlant plant;
  private final SimObjects objects = new SimObjects();
  private final SimLaw law;
  private final SimStore store;
  private final SimQueue queue;
  private final SimEvents events;
  private final List<SimApi> apis = new ArrayList<>();
  private final List<SimWorker> workers = new ArrayList<>();
  private int numbered;
  private final boolean mixedModels;
  private final boolean alone;
  private boolean mortal = true;

  SimFleet(SimWorld world, SimPlant plant) {
    this.world = world;
    this.plant = plant;
    law = new SimLaw(world, objects);
    store = new SimStore(world, law);
    queue = new SimQueue(world, store);
    events = new SimEvents(world, store, law);
    mixedModels = world.chance(0.05);
    if (mixedModels) {
      law.mixedModels();
    }
    for (int i = 0; i < APIS; i++) {
      apis.add(new SimApi(this, process("api")));
    }
    alone = world.chance(0.2);
    int count = alone ? 1 : world.between(2, 4);
    for (int i = 0; i < count; i++) {
      workers.add(worker());
    }
  }

  private SimProcess process(String role) {
    return new SimProcess(world, role + "-" + ++numbered, world.between(-500, 500));
  }

  private SimWorker worker() {
    SimProcess process = process("worker");
    if (mortal && world.chance(0.3)) {
      process.dieAtCall(world.between(1, 40), world.chance(0.5));
    }
    SimWorker worker = new SimWorker(this, process);
    worker.start();
    return worker;
  }

  SimWorld world() {
    return world;
  }

  SimPlant plant() {
    return plant;
  }

  SimObjects objects() {
    return objects;
  }

  SimLaw law() {
    return law;
  }

  SimStore store() {
    return store;
  }

  SimQueue queue() {
    return queue;
  }

  SimEvents events() {
    return events;
  }

  /** Whether everyone who watches a job knows how it ended. */
  boolean watched() {
    return apis.stream().allMatch(api -> api.watchers.current());
  }

  /** Whether there is one worker at a time, which meets again what it has lost. */
  boolean alone() {
    return alone;
  }

  /** Which version of the model a new worker has. */
  String digest() {
    return mixedModels && world.chance(0.5) ? "digest-2" : "digest-1";
  }

  /** Any api process. */
  SimApi api() {
    return apis.get(world.below(apis.size()));
  }

  /** Something bad happens to somebody. */
  void strike() {
    int draw = world.below(10);
    int place = world.below(workers.size());
    if (draw < 1) {
      int which = world.below(apis.size());
      apis.get(which).process.pause(world.between(0, 60_000));
    } else if (draw < 2) {
      int which = world.below(apis.size());
      apis.get(which).process.kill("killed");
      world.surely(
          world.between(100, 5_000), () -> apis.set(which, new SimApi(this, process("api"))));
    } else if (draw < 4) {
      workers.get(place).process.kill("killed");
    } else if (draw < 7) {
      SimProcess stalled = workers.get(place).process;
      stalled.pause(stall());
      if (world.chance(0.5)) {
        stalled.loseWrites(world.between(1, 3));
      }
    } else {
      workers.get(place).drain();
    }
  }

  /** Often just so long that the stalled one wakes up while another is at its job. */
  private int stall() {
    int lease = (int) SimWorker.LEASE.toMillis();
    return world.chance(0.4) ? lease + world.between(0, 5_000) : world.between(200, 2 * lease);
  }

  /** Puts a new worker in the place of each that is gone. */
  void replace() {
    workers.replaceAll(worker -> worker.process.alive() ? worker : worker());
  }

  /** From now on nobody dies, and no call goes wrong. */
  void calm() {
    mortal = false;
    world.faultRate(0);
    for (SimWorker worker : workers) {
      worker.process.dieAtCall(Integer.MAX_VALUE, false);
      worker.process.loseWrites(0);
    }
    replace();
  }

  /** Whether every job that is known has ended, and nobody does anything about one. */
  boolean settled() {
    return world.atRest()
        && queue.isEmpty()
        && store.all().stream().allMatch(job -> job.state().terminal())
        && workers.stream().allMatch(SimWorker::idle);
  }
}
