package dev.holdfast.live;

import dev.holdfast.job.JobId;
import io.vertx.core.Future;
import java.util.Optional;

/** Reads a record. */
public interface RecordReader {

  /**
   * The newest record, or empty if there is no such job. Completes on the context of the feed,
   * within a bounded time.
   */
  Future<Optional<Snapshot>> read(JobId job);
}
