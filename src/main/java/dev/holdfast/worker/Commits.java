package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.worker.PartScratch.Kept;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the spans of an attempt durable one after the other while the next one is already being
 * inferred, and bounds how many wait for that in memory. With a scratch directory each goes to the
 * disk first, so that inference goes on while the object store is away; the checkpoint moves only
 * behind what is in the object store. Not thread-safe; lives on the loop.
 */
final class Commits {

  /** How many spans may wait in memory before inference waits for them. */
  private static final int IN_MEMORY_MAX = 2;

  private final Serving serving;
  private final PartWriter parts;
  private final Loop loop;
  private final Clocked clock;
  private final Runnable room;
  private final Patience patience;
  private final Set<Kept> kept = new LinkedHashSet<>();
  private @Nullable Promise<Void> awaited;
  private @Nullable Long byNanos;
  private Future<Job> newest;
  private int waiting;
  private int inMemory;
  private long fullSinceNanos;
  private long heldUpNanos;
  private volatile boolean closed;

  /**
   * @param job the record before the first span
   * @param room hears that there may be room for another span
   */
  Commits(Serving serving, PartWriter parts, Loop loop, Clocked clock, Job job, Runnable room) {
    this.serving = serving;
    this.parts = parts;
    this.loop = loop;
    this.clock = clock;
    this.room = room;
    this.patience = Patience.throughOutages(clock, () -> closed);
    this.newest = Future.succeededFuture(job);
  }

  /** Whether another span may be filled. */
  boolean hasRoom() {
    return inMemory < IN_MEMORY_MAX;
  }

  /** Whether every span is durable. */
  boolean idle() {
    return waiting == 0;
  }

  /** The record after the newest span; fails with the first one that could not be made durable. */
  Future<Job> newest() {
    return newest;
  }

  /**
   * Completes, and never fails, when no span waits any more, or after so long.
   *
   * @param beside what else is waited for; completes on the loop
   */
  Future<Void> within(Duration limit, Future<Void> beside) {
    Promise<Void> over = Promise.promise();
    newest.onComplete(done -> beside.onComplete(too -> over.tryComplete()));
    awaited = over;
    hurry(limit);
    return over.future();
  }

  /** Nobody waits {@link #within} a limit for longer than this from now on. */
  void hurry(Duration limit) {
    long by = clock.nanos() + limit.toNanos();
    if (byNanos == null || by - byNanos < 0) {
      byNanos = by;
    }
    Promise<Void> over = awaited;
    if (over != null && !over.future().isComplete()) {
      Duration left = Duration.ofNanos(Math.max(0, byNanos - clock.nanos()));
      Clocked.Timer timer = clock.after(left, () -> loop.execute(over::tryComplete));
      over.future().onComplete(done -> timer.cancel());
    }
  }

  /**
   * Makes a span durable after those before it.
   *
   * @param progress what the record shall say when the span's turn has come
   * @param last whether the input ends behind it
   * @return on the loop
   */
  Future<Job> add(Span span, Supplier<Job.Progress> progress, boolean last) {
    waiting++;
    inMemory++;
    parts.cut(span);
    fullSinceNanos = clock.nanos();
    Future<Optional<Kept>> place = place(span, last);
    newest =
        newest.compose(before -> place.compose(disk -> write(span, disk, progress.get(), last)));
    return newest.onSuccess(
        job -> {
          waiting--;
          if (!place.result().map(kept::remove).orElse(false)) {
            leaveMemory();
          }
          serving.interruptions().lap();
          serving.policy().cut(Duration.ofNanos(heldUpNanos));
          heldUpNanos = 0;
          room.run();
        });
  }

  /** Where the span waits for its turn: on the disk, or in memory. */
  private Future<Optional<Kept>> place(Span span, boolean last) {
    // a job of one span is done at once or not at all: the disk would only be in its way
    if (serving.scratch() == null || span.isEmpty() || (last && span.from().nextItem() == 0)) {
      return Future.succeededFuture(Optional.empty());
    }
    Promise<Optional<Kept>> place = Promise.promise();
    loop.here(parts.keep(span, last))
        .onSuccess(
            disk -> {
              if (closed) {
                disk.ifPresent(late -> parts.leave(late, true));
                place.tryFail(new CancellationException("the attempt is over"));
                return;
              }
              place.complete(disk);
              if (disk.isPresent()) {
                kept.add(disk.get());
                span.drop();
                leaveMemory();
                room.run();
              }
            });
    return place.future();
  }

  private Future<Job> write(Span span, Optional<Kept> disk, Job.Progress progress, boolean last) {
    long from = clock.nanos();
    Future<Job> written =
        loop.here(
            disk.isPresent()
                ? parts.write(span, disk.get(), patience, progress, last)
                : parts.write(span, progress, last));
    heldUpNanos += clock.nanos() - from;
    return written;
  }

  private void leaveMemory() {
    if (!hasRoom()) {
      heldUpNanos += clock.nanos() - fullSinceNanos;
    }
    inMemory--;
  }

  /**
   * Tries no longer.
   *
   * @param wanted whether the job's next attempt may need what is kept
   */
  void close(boolean wanted) {
    closed = true;
    kept.forEach(disk -> parts.leave(disk, wanted));
    kept.clear();
  }
}
