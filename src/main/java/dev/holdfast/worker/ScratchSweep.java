package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobRecords;
import dev.holdfast.worker.PartScratch.Orphan;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes parts on scratch that no attempt can need any more: at the start, and now and then. */
final class ScratchSweep implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ScratchSweep.class);
  private static final Duration EVERY = Duration.ofMinutes(10);

  private final PartScratch scratch;
  private final JobRecords records;
  private final Clocked clock;
  private Clocked.@Nullable Timer next;
  private boolean closed;

  /** Of a worker's directory, which it opens; null if it has none. */
  static @Nullable ScratchSweep of(WorkerOptions options, WorkerServices services) {
    Optional<Path> directory = options.checkpoints().scratch();
    return directory.isEmpty()
        ? null
        : new ScratchSweep(
            new PartScratch(directory.get(), services.clock()),
            services.records(),
            services.clock());
  }

  ScratchSweep(PartScratch scratch, JobRecords records, Clocked clock) {
    this.scratch = scratch;
    this.records = records;
    this.clock = clock;
  }

  PartScratch scratch() {
    return scratch;
  }

  /** Sweeps now, and again in a while; completes when this time is over, and never fails. */
  Future<Void> start() {
    return sweep()
        .recover(
            why -> {
              LOG.debug("a sweep of the scratch directory did not end: {}", why.toString());
              return Future.succeededFuture();
            })
        .onComplete(done -> again());
  }

  private synchronized void again() {
    if (!closed) {
      next = clock.after(EVERY, this::start);
    }
  }

  private Future<Void> sweep() {
    return scratch.sweep().compose(orphans -> look(orphans.iterator()));
  }

  /** One after the other: this is not urgent. */
  private Future<Void> look(Iterator<Orphan> orphans) {
    if (!orphans.hasNext()) {
      return Future.succeededFuture();
    }
    Orphan orphan = orphans.next();
    return needless(orphan)
        .compose(
            needless -> {
              if (needless) {
                scratch.delete(orphan.kept());
              }
              return look(orphans);
            });
  }

  private Future<Boolean> needless(Orphan orphan) {
    return records
        .update(orphan.job(), (job, now) -> null)
        .map(job -> job.state().terminal() || behind(job, orphan))
        .recover(
            why ->
                why instanceof JobException e && e.error() == JobError.JOB_NOT_FOUND
                    ? Future.succeededFuture(true)
                    : Future.failedFuture(why));
  }

  private static boolean behind(Job job, Orphan orphan) {
    return orphan.firstItem() < job.checkpoint().nextItem();
  }

  /** Ends the sweeps, and closes the directory. */
  @Override
  public synchronized void close() {
    closed = true;
    scratch.close();
    if (next != null) {
      next.cancel();
    }
  }
}
