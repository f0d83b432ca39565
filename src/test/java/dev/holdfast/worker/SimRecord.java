package dev.holdfast.worker;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobState;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A record that is changed past all rules: by a planted fault, or to compare with another. */
final class SimRecord {

  private final Job job;
  long version;
  JobState state;
  Instant createdAt;
  Instant updatedAt;
  Instant wakeAt;
  Job.Spent spent;
  long fence;
  Job.@Nullable Lease lease;
  List<Job.Attempt> attempts;

  SimRecord(Job job) {
    this.job = job;
    version = job.version();
    state = job.state();
    createdAt = job.createdAt();
    updatedAt = job.updatedAt();
    wakeAt = job.wakeAt();
    spent = job.spent();
    fence = job.fence();
    lease = job.lease();
    attempts = job.attempts();
  }

  Job done() {
    return new Job(
        job.id(),
        version,
        job.spec(),
        state,
        createdAt,
        updatedAt,
        job.endedAt(),
        wakeAt,
        job.progress(),
        job.checkpoint(),
        spent,
        fence,
        lease,
        attempts,
        job.modelDigest(),
        job.error(),
        job.webhook());
  }
}
