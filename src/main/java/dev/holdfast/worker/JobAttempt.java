package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.worker.InferenceEngine.DeviceLostException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at a job: adopts what an earlier one left, gathers finished windows into a span, and
 * makes a span that is long enough a part while the next one is already being inferred.
 *
 * <p>Not thread-safe: every step runs on the loop.
 */
final class JobAttempt implements ReadAhead.Listener {

  private final WorkerServices services;
  private final Serving serving;
  private final AttemptRecord record;
  private final PartWriter parts;
  private final Loop loop;
  private final Promise<AttemptEnd> end = Promise.promise();
  private final Leftovers leftovers;
  private final ReadAhead ahead;
  private Span span;
  private @Nullable Long total;
  private final Commits commits;
  private final ProgressWrites progressWrites;
  private final Collection<Clocked.Timer> departures = new ArrayDeque<>();
  private final Probation probation;
  private final Runnable rested;
  private boolean resting;
  private boolean leaving;
  private boolean stopping;
  private boolean completing;
  private @Nullable Long leaveByNanos;

  /**
   * @param rested hears that {@link #resting} may have become true
   */
  JobAttempt(
      WorkerServices services,
      Serving serving,
      AttemptRecord record,
      Probation probation,
      Loop loop,
      Runnable rested) {
    this.probation = probation;
    this.rested = rested;
    this.services = services;
    this.serving = serving;
    this.record = record;
    this.loop = loop;
    this.leftovers = new Leftovers(services, serving, record, loop);
    this.parts = new PartWriter(services, serving, record);
    this.progressWrites =
        new ProgressWrites(services.clock(), loop, record, this::progress, this::stop);
    Job job = record.latest();
    this.span = new Span(job.checkpoint(), services.clock());
    this.total = job.progress().total();
    this.ahead =
        new ReadAhead(
            serving, job.spec().encoding(), loop, services.clock(), leftovers::give, this);
    this.commits = new Commits(serving, parts, loop, services.clock(), job, ahead::pump);
  }

  /**
   * Works until the job has ended or somebody else must go on; never fails. Call once, on the loop.
   *
   * @param look whether to look for a part first: another attempt may have left one
   */
  Future<AttemptEnd> run(boolean look) {
    Job job = record.latest();
    if (job.checkpoint().nextItem() > 0 && !serving.digest().equals(job.modelDigest())) {
      stop(PartWriter.modelChanged());
    } else if (look) {
      adopt();
    } else {
      begin();
    }
    return end.future();
  }

  /** Results are looked for before anything is computed: a dead attempt may have left one. */
  private void adopt() {
    loop.here(parts.resume(total))
        .onFailure(this::stop)
        .onSuccess(
            job -> {
              if (job.state().terminal()) {
                finish(new AttemptEnd.Ended(job));
              } else {
                begin();
              }
            });
  }

  private void begin() {
    if (stopping) {
      return;
    }
    span = new Span(record.latest().checkpoint(), services.clock());
    progressWrites.start();
    loop.here(record.touches().compose(job -> Opening.of(job, total, leftovers, services)))
        .onFailure(this::stop)
        .onSuccess(
            open -> {
              total = open.total();
              ahead.start(open.lines(), probation);
            });
  }

  @Override
  public boolean hasRoom() {
    return !stopping && commits.hasRoom();
  }

  @Override
  public void rows(Window.Rendered window, long nanos) {
    if (stopping) {
      return;
    }
    span.add(window);
    boolean due =
        probation.due(span.to().nextItem())
            || serving.policy().due(span.ageNanos(), nanos, span.bytes());
    if (due && !ahead.exhausted()) {
      cut(false);
    }
  }

  @Override
  public void settled() {
    if (stopping) {
      return;
    }
    if (!ahead.exhausted()) {
      if (leaving && ahead.idle()) {
        depart();
      } else if (resting && ahead.idle()) {
        come();
      }
      return;
    }
    if (span.isEmpty() && span.from().nextItem() == 0) {
      stop(JobError.EMPTY_INPUT.because("the input has no items: every line of it is blank"));
      return;
    }
    stopping = true;
    completing = true;
    progressWrites.stop();
    cut(true);
    loop.here(commits.newest()).onSuccess(job -> finish(new AttemptEnd.Ended(job)));
  }

  @Override
  public void failed(Throwable reason) {
    if (reason instanceof DeviceLostException && !stopping) {
      // what a broken device made is not left to anybody
      depart(leftovers::drop, () -> AttemptVerdict.on(reason, record));
    } else {
      stop(reason);
    }
  }

  private void cut(boolean last) {
    Span full = span;
    span = new Span(full.to(), services.clock());
    commits
        .add(full, this::progress, last)
        .onFailure(this::stop)
        .onSuccess(job -> probation.durable(job.checkpoint()));
  }

  private Job.Progress progress() {
    return span.progress(total);
  }

  /** The worker must go: keep what is gathered, then leave the job to another. Any thread. */
  void interrupt(Departure how) {
    loop.execute(
        () -> {
          if (leaving || (stopping && !completing)) {
            commits.hurry(how.work());
          } else {
            leaving = true;
            leaveByNanos = record.mustGo() + how.work().toNanos();
            ahead.finish();
            if (completing) {
              leave(Future.succeededFuture(), () -> AttemptVerdict.left(record, 0));
            }
          }
          if (!stopping && (ahead.idle() || how.batch().isZero())) {
            depart();
          } else if (!stopping) {
            departures.add(services.clock().after(how.batch(), () -> loop.execute(this::depart)));
            loop.here(serving.batcher().leave()).onComplete(idle -> depart());
          }
        });
  }

  /** Begins nothing new; what is on its way is made durable, so that nobody can lose it. */
  void rest() {
    resting = true;
    ahead.rest();
    if (ahead.begun() && ahead.idle()) {
      come();
    }
  }

  private void come() {
    if (!span.isEmpty() && !stopping) {
      cut(false);
    }
    commits.newest().onComplete(done -> loop.execute(rested));
  }

  /** Whether nothing of it is being inferred or on its way to be durable. */
  boolean resting() {
    return resting && ahead.begun() && ahead.idle() && commits.idle();
  }

  void goOn() {
    resting = false;
    ahead.goOn();
  }

  private void depart() {
    depart(leftovers::save, () -> AttemptVerdict.left(record, leftovers.saved()));
  }

  /**
   * Keeps what is gathered, then says how the attempt ended.
   *
   * @param windows what becomes of those that are not complete
   */
  private void depart(
      Function<List<Window>, Future<Void>> windows, Supplier<Future<AttemptEnd>> verdict) {
    if (stopping) {
      return;
    }
    if (!span.isEmpty()) {
      cut(false);
    }
    leave(windows.apply(halt()), verdict);
  }

  /** Waits for parts that are on their way, but no longer than the worker may. */
  private void leave(Future<Void> beside, Supplier<Future<AttemptEnd>> verdict) {
    Long by = leaveByNanos;
    Duration limit =
        by == null
            ? Departure.AT_ONCE.work()
            : Duration.ofNanos(Math.max(0, by - services.clock().nanos()));
    loop.here(commits.within(limit, beside))
        .onSuccess(
            over -> {
              if (!end.future().isComplete()) {
                loop.here(verdict.get()).onSuccess(this::finish);
              }
            });
  }

  /** Ends at once, for a reason from outside. Any thread. */
  void end(Throwable reason) {
    loop.execute(() -> stop(reason));
  }

  private void stop(Throwable reason) {
    if (end.future().isComplete() || (stopping && reason instanceof CancellationException)) {
      return;
    }
    leftovers.drop(halt());
    loop.here(AttemptVerdict.on(reason, record)).onSuccess(this::finish);
  }

  private List<Window> halt() {
    stopping = true;
    progressWrites.stop();
    return ahead.stop();
  }

  void finish(AttemptEnd how) {
    leftovers.drop(halt());
    departures.forEach(Clocked.Timer::cancel);
    commits.close(!(how instanceof AttemptEnd.Ended || how instanceof AttemptEnd.Dead));
    end.tryComplete(how);
  }
}
