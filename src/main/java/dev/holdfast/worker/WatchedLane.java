package dev.holdfast.worker;

import dev.holdfast.worker.InferenceEngine.InferenceException;
import dev.holdfast.worker.InferenceEngine.Lane;
import dev.holdfast.worker.InferenceEngine.Prepared;
import dev.holdfast.worker.InferenceEngine.Row;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;

/**
 * A lane whose every call is seen to begin and to end.
 *
 * @param memory of its device
 */
record WatchedLane(Lane lane, Pulse pulse, ReadWriteLock memory) implements Lane {

  @Override
  public List<Row> infer(List<Prepared> batch) throws InferenceException {
    pulse.begins();
    try {
      return lane.infer(batch);
    } finally {
      pulse.rests();
    }
  }

  @Override
  public void close() {
    lane.close();
  }
}
