package dev.holdfast.api;

import java.util.Map;

/**
 * Takes workers away, for whoever serves the API beside workers that it started itself.
 * Thread-safe; {@link #evict} and {@link #kill} may block for a moment.
 */
public interface WorkerStops {

  /** Of a process that started no workers. */
  WorkerStops NONE =
      new WorkerStops() {
        @Override
        public Map<String, Boolean> workers() {
          return Map.of();
        }

        @Override
        public boolean evict(String worker) {
          return false;
        }

        @Override
        public boolean kill(String worker) {
          return false;
        }
      };

  /** Each worker by its name, and whether it runs and nobody has told it to go. */
  Map<String, Boolean> workers();

  /**
   * Takes a worker away as a Spot node is: SIGTERM, and SIGKILL when its grace is over.
   *
   * @return whether there was one to be told
   */
  boolean evict(String worker);

  /**
   * SIGKILL, not a word.
   *
   * @return whether there was one to be killed
   */
  boolean kill(String worker);
}
