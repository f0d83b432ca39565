package dev.holdfast.worker;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.ObjectStore;
import dev.holdfast.worker.PartScratch.Kept;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes spans durable, in the one order that loses nothing: the part, then the record, then (inside
 * the record's update) the event.
 */
final class PartWriter {

  /** What lies at the checkpoint is not what the attempt believes: it must look there again. */
  static final class StartOver extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StartOver(String message) {
      super(message, null, false, false);
    }
  }

  private final ObjectStore objects;
  private final AttemptRecord record;
  private final String modelDigest;
  private final Patience patience;
  private final WorkerMetrics metrics;
  private final @Nullable PartScratch scratch;

  PartWriter(WorkerServices services, Serving serving, AttemptRecord record) {
    this.objects = services.objects();
    this.record = record;
    this.modelDigest = serving.digest();
    this.patience = new Patience(services.clock());
    this.metrics = serving.metrics();
    this.scratch = serving.scratch();
  }

  /** Tells of a span that is cut: its items are inferred. */
  void cut(Span span) {
    record.inferred(span.ageNanos(), span.items());
  }

  /**
   * Writes a span's part and moves the checkpoint behind it.
   *
   * @param last whether the input ends behind the span; then the job is complete
   * @return the record after that; fails with {@link StartOver} if the attempt must adopt first
   */
  Future<Job> write(Span span, Job.Progress progress, boolean last) {
    return span.isEmpty()
        ? move(span.from(), progress, last)
        : write(span, () -> Future.succeededFuture(span.content()), patience, progress, last);
  }

  /**
   * Does so with a span that is kept on scratch, however long that takes.
   *
   * @param until how long to try
   */
  Future<Job> write(Span span, Kept kept, Patience until, Job.Progress progress, boolean last) {
    PartScratch disk = Objects.requireNonNull(scratch);
    return write(
            span, () -> disk.read(kept).map(read -> rows(span, read, last)), until, progress, last)
        .onSuccess(job -> disk.delete(kept));
  }

  private Buffer rows(Span span, Optional<ScratchFile> read, boolean last) {
    if (read.isEmpty() || !read.get().metadata().equals(span.metadata(modelDigest, last))) {
      throw new StartOver("a part that was kept on scratch is gone or damaged");
    }
    return read.get().rows();
  }

  private Future<Job> write(
      Span span,
      Supplier<Future<Buffer>> content,
      Patience until,
      Job.Progress progress,
      boolean last) {
    long from = System.nanoTime();
    Map<String, String> metadata = span.metadata(modelDigest, last);
    return record
        .step(
            "part",
            () ->
                until.with(
                    () ->
                        content
                            .get()
                            .compose(rows -> objects.create(key(span.from()), rows, metadata))))
        .compose(created -> created ? Future.succeededFuture() : same(span))
        .compose(written -> move(span.to(), progress, last))
        .onSuccess(job -> metrics.part.record(System.nanoTime() - from, TimeUnit.NANOSECONDS));
  }

  /**
   * Puts a span's part on this machine's disk.
   *
   * @return empty if it stays in memory; never fails
   */
  Future<Optional<Kept>> keep(Span span, boolean last) {
    return scratch == null
        ? Future.succeededFuture(Optional.empty())
        : scratch.keep(
            record.latest().id(), span, key(span.from()), span.metadata(modelDigest, last));
  }

  /**
   * Lets go of a part that is kept and not in the object store.
   *
   * @param wanted whether the job's next attempt may need it
   */
  void leave(Kept kept, boolean wanted) {
    if (scratch != null && wanted) {
      scratch.leave(kept);
    } else if (scratch != null) {
      scratch.delete(kept);
    }
  }

  /**
   * Looks for a part at the checkpoint, left by an attempt that died before it could say so: in the
   * object store, then on this machine's disk, from where it is put into the store.
   */
  private Future<Optional<Span.Found>> find(Job.Checkpoint at) {
    return stored(at)
        .compose(
            found ->
                found.isPresent() || scratch == null
                    ? Future.succeededFuture(found)
                    : fromScratch(scratch, at));
  }

  private Future<Optional<Span.Found>> fromScratch(PartScratch disk, Job.Checkpoint at) {
    return disk.find(record.latest().id(), at.nextItem(), key(at), modelDigest)
        .otherwise(Optional.empty())
        .compose(
            found -> {
              if (found.isEmpty()) {
                return Future.succeededFuture(Optional.empty());
              }
              ScratchFile part = found.get().content();
              return patience
                  .with(() -> objects.create(key(at), part.rows(), part.metadata()))
                  .compose(
                      created -> {
                        disk.delete(found.get().kept());
                        metrics.partsRescued.increment();
                        return stored(at);
                      });
            });
  }

  private Future<Optional<Span.Found>> stored(Job.Checkpoint at) {
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

  /** Finds out where to go on, as {@link #adoptAll} does, and tells how long that took. */
  Future<Job> resume(@Nullable Long total) {
    long from = System.nanoTime();
    return record
        .step("resume", () -> adoptAll(total))
        .onSuccess(job -> metrics.resumed(System.nanoTime() - from));
  }

  /**
   * Moves the checkpoint behind every part that follows it.
   *
   * @param total how many items there are, if that is known
   * @return the record after the last one
   */
  private Future<Job> adoptAll(@Nullable Long total) {
    return find(record.latest().checkpoint())
        .compose(
            found ->
                found.isEmpty()
                    ? Future.succeededFuture(record.latest())
                    : adopt(found.get(), total));
  }

  private Future<Job> adopt(Span.Found part, @Nullable Long total) {
    metrics.partsAdopted.increment();
    Job.Checkpoint to = part.to();
    return move(to, new Job.Progress(to.nextItem(), to.failed(), total), part.last())
        .compose(job -> job.state().terminal() ? Future.succeededFuture(job) : adoptAll(total));
  }

  private Future<Void> same(Span span) {
    return stored(span.from())
        .compose(
            found ->
                found.isPresent() && found.get().to().equals(span.to())
                    ? Future.succeededFuture()
                    : Future.failedFuture(
                        new StartOver("another attempt's part begins at the same item")));
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
