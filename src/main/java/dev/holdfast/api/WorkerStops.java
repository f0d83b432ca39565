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
        public Map<String, Long> workers() {
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

  /** Each worker's process by the worker's name; 0 while it does not run or is told to go. */
  Map<String, Long> workers();

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
