package dev.holdfast.live;

import dev.holdfast.job.JobId;

/** Who watches; none of its methods may throw. */
public interface Watcher {

  /** A job's newest snapshot; of one job never an older one than before. */
  void saw(Snapshot snapshot);

  /** There is no such job, or no longer. */
  void gone(JobId job);

  /** The job's first look failed; it is looked at again. */
  void failed(JobId job, Throwable why);

  /** News of some job are lost for those who watch all; nobody else hears of it. */
  default void missed() {}
}
