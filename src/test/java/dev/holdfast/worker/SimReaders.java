package dev.holdfast.worker;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds out which of a process's attempts writes a record, without asking its fence. An attempt
 * begins with the record as it knows it, which has its own token. If there is a newer one it reads
 * that in the same breath, and tries again with what it has read.
 */
final class SimReaders {

  private final SimWorld world;
  private final SimProcess process;
  private final IdentityHashMap<Job, String> read = new IdentityHashMap<>();
  private @Nullable JobId refused;
  private @Nullable String refusedToken;
  private long refusedAt;

  SimReaders(SimWorld world, SimProcess process) {
    this.world = world;
    this.process = process;
  }

  /**
   * The token of the attempt that writes, or null if nobody knows. A claim is the write of the
   * attempt that it begins, also over one of the same worker.
   */
  @Nullable String writer(Job before, Job next) {
    Job.Lease begun = next.lease();
    if (next.fence() > before.fence() && begun != null) {
      return begun.token();
    }
    String token = read.get(before);
    Job.Lease lease = before.lease();
    return token == null && lease != null && lease.worker().equals(process.name())
        ? lease.token()
        : token;
  }

  /** The process hears what became of a write. */
  void answered(Job before, @Nullable String token, boolean written) {
    refused = written ? null : before.id();
    refusedToken = token;
    refusedAt = world.steps();
  }

  /** The token of the attempt that reads a record right now, or null if nobody knows. */
  @Nullable String reader(JobId id) {
    return id.equals(refused) && refusedAt == world.steps() ? refusedToken : null;
  }

  /** A copy of what is read, which is known by who has read it. */
  Job shown(Job job, @Nullable String token) {
    if (token == null) {
      return job;
    }
    Job copy = new SimRecord(job).done();
    read.put(copy, token);
    return copy;
  }
}
