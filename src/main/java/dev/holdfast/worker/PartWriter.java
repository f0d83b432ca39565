package dev.holdfast.worker;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.ObjectStore;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Makes spans durable, in the one order that loses nothing: the part, then the record, then (inside
 * the record's update) the event.
 */
final class PartWriter {

  /** The part was there already, and it is not the one that was to be written. */
  static final class InTheWay extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private InTheWay() {
      super("another attempt's part begins at the same item", null, false, false);
    }
  }

  private final ObjectStore objects;
  private final AttemptRecord record;
  private final String modelDigest;
  private final Patience patience;
  private final WorkerMetrics metrics;

  PartWriter(
      ObjectStore objects,
      AttemptRecord record,
      String modelDigest,
      Patience patience,
      WorkerMetrics metrics) {
    this.objects = objects;
    this.record = record;
    this.modelDigest = modelDigest;
    this.patience = patience;
    this.metrics = metrics;
  }

  /**
   * Writes a span's part and moves the checkpoint behind it.
   *
   * @param last whether the input ends behind the span; then the job is complete
   * @return the record after that; fails with {@link InTheWay} if the attempt must adopt first
   */
  Future<Job> write(Span span, Job.Progress progress, boolean last) {
    if (span.isEmpty()) {
      return move(span.from(), progress, last);
    }
    long from = System.nanoTime();
    return patience
        .with(
            () ->
                objects.create(key(span.from()), span.content(), span.metadata(modelDigest, last)))
        .compose(created -> created ? Future.succeededFuture() : same(span))
        .compose(written -> move(span.to(), progress, last))
        .onSuccess(job -> metrics.part.record(System.nanoTime() - from, TimeUnit.NANOSECONDS));
  }

  /** Looks for a part at the checkpoint, left by an attempt that died before it could say so. */
  Future<Optional<Span.Found>> find(Job.Checkpoint at) {
    return patience
        .with(() -> objects.stat(key(at)))
        .map(
            found ->
                found.map(
                    info -> {
                      Span.Found part = Span.Found.of(at, info.bytes(), info.metadata());
                      if (part == null) {
                        throw JobError.INTERNAL.because(
                            "the object %s is not a part".formatted(info.key()));
                      }
                      if (!part.modelDigest().equals(modelDigest)) {
                        throw modelChanged();
                      }
                      return part;
                    }));
  }

  /** Moves the checkpoint behind a part that was found. */
  Future<Job> adopt(Span.Found part, Job.Progress progress) {
    metrics.partsAdopted.increment();
    return move(part.to(), progress, part.last());
  }

  private Future<Void> same(Span span) {
    return find(span.from())
        .compose(
            found ->
                found.isPresent() && found.get().to().equals(span.to())
                    ? Future.succeededFuture()
                    : Future.failedFuture(new InTheWay()));
  }

  private Future<Job> move(Job.Checkpoint to, Job.Progress progress, boolean last) {
    JobLife.Step step = new JobLife.Step(to, progress, modelDigest);
    return last ? record.completed(step) : record.checkpointed(step);
  }

  private String key(Job.Checkpoint at) {
    return record.latest().partKey(at.nextItem());
  }

  static JobException modelChanged() {
    return JobError.MODEL_CHANGED.because(
        "the rows so far were made by another version of the model; restore it, or submit the job"
            + " anew");
  }
}
