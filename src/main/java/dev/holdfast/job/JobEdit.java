package dev.holdfast.job;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A record on its way to its next version. Not thread-safe; used within one rule of JobLife. */
final class JobEdit {

  private final Job before;
  JobState state;
  Job.Progress progress;
  Job.Checkpoint checkpoint;
  Job.Spent spent;
  long fence;
  Job.@Nullable Lease lease;
  List<Job.Attempt> attempts;
  @Nullable String modelDigest;
  Job.@Nullable Report error;
  @Nullable Instant endedAt;
  Instant wakeAt;
  @Nullable WebhookDelivery webhook;

  JobEdit(Job before) {
    this.before = before;
    this.state = before.state();
    this.progress = before.progress();
    this.checkpoint = before.checkpoint();
    this.spent = before.spent();
    this.fence = before.fence();
    this.lease = before.lease();
    this.attempts = new ArrayList<>(before.attempts());
    this.modelDigest = before.modelDigest();
    this.error = before.error();
    this.endedAt = before.endedAt();
    this.wakeAt = before.wakeAt();
    this.webhook = before.webhook();
  }

  JobSpec spec() {
    return before.spec();
  }

  /** The version that the record is about to have. */
  long version() {
    return before.version() + 1;
  }

  /** Changes the newest attempt, if it has not ended. */
  void openAttempt(UnaryOperator<Job.Attempt> change) {
    int last = attempts.size() - 1;
    if (last >= 0 && attempts.get(last).ended() == null) {
      attempts.set(last, change.apply(attempts.get(last)));
    }
  }

  void endAttempt(Job.Outcome outcome, Job.@Nullable Report error, Instant now) {
    openAttempt(a -> a.reached(checkpoint.nextItem()).ended(outcome, error, now));
  }

  Job done(Instant now) {
    if (state != before.state() && !before.state().canBecome(state)) {
      throw new IllegalStateException(before.state() + " cannot become " + state);
    }
    Instant updated = now.isBefore(before.updatedAt()) ? before.updatedAt() : now;
    return new Job(
        before.id(),
        version(),
        before.spec(),
        state,
        before.createdAt(),
        updated,
        endedAt,
        wakeAt,
        progress,
        checkpoint,
        spent,
        fence,
        lease,
        attempts,
        modelDigest,
        error,
        webhook);
  }
}
