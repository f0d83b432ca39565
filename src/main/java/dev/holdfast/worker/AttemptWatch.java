package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What ends an attempt from outside: its job's deadline, and the news that somebody else has put an
 * end to the job. Listens from before the claim, so that no news falls between the claim and the
 * attempt. Not thread-safe; lives on the loop.
 */
final class AttemptWatch {

  private final JobId job;
  private final Clocked clock;
  private final Loop loop;
  private @Nullable AttemptRecord record;
  private Consumer<Throwable> stop = reason -> {};
  private @Nullable JobEvent early;
  private Clocked.@Nullable Timer deadline;

  AttemptWatch(JobId job, Clocked clock, Loop loop) {
    this.job = job;
    this.clock = clock;
    this.loop = loop;
  }

  /**
   * The job was claimed and its attempt begins.
   *
   * @param end hears why the attempt must end, on the loop
   */
  void attach(AttemptRecord claimed, Consumer<Throwable> end) {
    close();
    record = claimed;
    stop = end;
    Instant by = claimed.latest().spec().deadline();
    if (by != null) {
      await(by, claimed);
    }
    JobEvent before = early;
    early = null;
    if (before != null) {
      heard(before);
    }
  }

  private void await(Instant by, AttemptRecord claimed) {
    Duration left = Duration.between(clock.instant(), by).plusMillis(1);
    deadline = clock.after(left, () -> loop.execute(() -> pass(by, claimed)));
  }

  /** A time of day may be set back while a timer runs. */
  private void pass(Instant by, AttemptRecord claimed) {
    if (deadline == null) {
      return;
    }
    if (JobLife.isOverdue(claimed.latest(), clock.instant())) {
      stop.accept(
          JobError.DEADLINE_EXCEEDED.because("the job's deadline, %s, has passed".formatted(by)));
    } else {
      await(by, claimed);
    }
  }

  /**
   * The job was ended by whoever told. News may be old or wrong, so the record has the last word.
   */
  void heard(JobEvent event) {
    AttemptRecord mine = record;
    if (!event.job().equals(job)) {
      return;
    }
    if (mine == null) {
      early = event;
      return;
    }
    Job known = mine.latest();
    if (event.version() > known.version()) {
      // one that cannot be read now is made up for by the next write
      loop.here(mine.look())
          .onFailure(
              failure -> {
                if (failure instanceof AttemptRecord.FencedOut) {
                  stop.accept(failure);
                }
              });
    }
  }

  void close() {
    if (deadline != null) {
      deadline.cancel();
      deadline = null;
    }
  }
}
