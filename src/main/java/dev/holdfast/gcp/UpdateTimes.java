package dev.holdfast.gcp;

import com.google.cloud.Timestamp;
import com.google.cloud.firestore.DocumentSnapshot;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * When the versions of records that this process has seen last were written. A conditional write
 * needs that time; knowing it spares the read before the write. Thread-safe.
 *
 * <p>What it says may be out of date, which the write's condition finds out.
 */
final class UpdateTimes {

  /** Records; the least recently used is forgotten first. About 300 bytes each. */
  static final int RECORDS_MAX = 10_000;

  private record Seen(long version, Timestamp time) {}

  private final Map<JobId, Seen> seen =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<JobId, Seen> eldest) {
          return size() > RECORDS_MAX;
        }
      };

  synchronized void remember(JobId id, long version, Timestamp time) {
    seen.put(id, new Seen(version, time));
  }

  /** Remembers what was just read. */
  void remember(DocumentSnapshot document, Job job) {
    Timestamp time = document.getUpdateTime();
    if (time != null) {
      remember(job.id(), job.version(), time);
    }
  }

  synchronized void forget(JobId id) {
    seen.remove(id);
  }

  /** When that very version was written, if it is the last that was seen. */
  synchronized Optional<Timestamp> of(JobId id, long version) {
    Seen last = seen.get(id);
    return last != null && last.version() == version ? Optional.of(last.time()) : Optional.empty();
  }
}
