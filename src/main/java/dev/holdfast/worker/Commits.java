package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Makes the spans of an attempt durable one after the other while the next one is already being
 * inferred, and bounds how many wait for that. Not thread-safe; lives on the loop.
 */
final class Commits {

  /** How many spans may wait in memory before inference waits for them. */
  private static final int IN_MEMORY_MAX = 2;

  private final Serving serving;
  private final PartWriter parts;
  private final Loop loop;
  private final Clocked clock;
  private Future<Job> newest;
  private int inMemory;
  private long fullSinceNanos;
  private long heldUpNanos;

  /**
   * @param job the record before the first span
   */
  Commits(Serving serving, PartWriter parts, Loop loop, Clocked clock, Job job) {
    this.serving = serving;
    this.parts = parts;
    this.loop = loop;
    this.clock = clock;
    this.newest = Future.succeededFuture(job);
  }

  /** Whether another span may be filled. */
  boolean hasRoom() {
    return inMemory < IN_MEMORY_MAX;
  }

  /** Whether every span is durable. */
  boolean idle() {
    return inMemory == 0;
  }

  /** The record after the newest span; fails with the first one that could not be made durable. */
  Future<Job> newest() {
    return newest;
  }

  /**
   * Makes a span durable after those before it.
   *
   * @param progress what the record shall say when the span's turn has come
   * @param last whether the input ends behind it
   * @return on the loop
   */
  Future<Job> add(Span span, Supplier<Job.Progress> progress, boolean last) {
    inMemory++;
    fullSinceNanos = clock.nanos();
    newest = newest.compose(before -> write(span, progress.get(), last));
    return newest.onSuccess(
        job -> {
          leave();
          serving.interruptions().lap();
          serving.policy().cut(Duration.ofNanos(heldUpNanos));
          heldUpNanos = 0;
        });
  }

  private Future<Job> write(Span span, Job.Progress progress, boolean last) {
    long from = clock.nanos();
    Future<Job> written = loop.here(parts.write(span, progress, last));
    heldUpNanos += clock.nanos() - from;
    return written;
  }

  private void leave() {
    if (!hasRoom()) {
      heldUpNanos += clock.nanos() - fullSinceNanos;
    }
    inMemory--;
  }
}
