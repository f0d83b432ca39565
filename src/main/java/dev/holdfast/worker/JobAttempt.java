package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobState;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * One attempt's pipeline: lines are read ahead, windows of them are inferred, finished windows are
 * gathered in order into a span, and a span that is long enough becomes a part while the next one
 * is already being inferred.
 *
 * <p>Not thread-safe: every step runs on the loop; what comes from elsewhere is brought {@link
 * #here} first.
 */
final class JobAttempt {

  private static final int WINDOW_ITEMS_MAX = 256;
  private static final int WINDOW_BYTES_MAX = 1024 * 1024;

  /** How many spans may wait for their part to be durable before inference waits for them. */
  private static final int COMMITS_MAX = 2;

  /** How long a job rests after its worker could not reach something that it needs. */
  private static final Duration UNREACHABLE_DELAY = Duration.ofSeconds(5);

  /** Errors that another attempt would meet again. */
  private static final Set<JobError> HOPELESS =
      EnumSet.of(JobError.INPUT_CHANGED, JobError.INPUT_OUTSIDE_ROOT, JobError.EMPTY_INPUT);

  private record InFlight(Window window, Future<Window.Rendered> rows) {}

  private final WorkerServices services;
  private final Serving serving;
  private final AttemptRecord record;
  private final PartWriter parts;
  private final Executor loop;
  private final Patience patience;
  private final Promise<AttemptEnd> end = Promise.promise();
  private final ArrayDeque<InFlight> inFlight = new ArrayDeque<>();
  private final long startedNanos = System.nanoTime();

  private @Nullable InputLines lines;
  private Span span;
  private @Nullable Long total;
  private Future<Job> commits;
  private int commitsPending;
  private int itemsInFlight;
  private long itemsDone;
  private long lastWindowNanos = System.nanoTime();
  private Job.@Nullable Progress told;
  private Clocked.@Nullable Timer timer;
  private boolean reading;
  private boolean exhausted;
  private boolean stopping;

  JobAttempt(WorkerServices services, Serving serving, AttemptRecord record, Executor loop) {
    this.services = services;
    this.serving = serving;
    this.record = record;
    this.loop = loop;
    this.patience = new Patience(services.clock());
    this.parts =
        new PartWriter(services.objects(), record, serving.digest(), patience, serving.metrics());
    Job job = record.latest();
    this.span = new Span(job.checkpoint());
    this.total = job.progress().total();
    this.commits = Future.succeededFuture(job);
  }

  /**
   * Works until the job has ended or somebody else must go on. Call once, on the loop.
   *
   * @return never fails
   */
  Future<AttemptEnd> run() {
    Job job = record.latest();
    if (job.checkpoint().nextItem() > 0 && !serving.digest().equals(job.modelDigest())) {
      stop(PartWriter.modelChanged());
    } else if (job.fence() == 1) {
      begin();
    } else {
      adopt();
    }
    return end.future();
  }

  /** Results are looked for before anything is computed: a dead attempt may have left one. */
  private void adopt() {
    here(parts.find(record.latest().checkpoint()))
        .onFailure(this::stop)
        .onSuccess(
            found -> {
              if (found.isEmpty()) {
                begin();
                return;
              }
              Job.Checkpoint to = found.get().to();
              here(parts.adopt(found.get(), new Job.Progress(to.nextItem(), to.failed(), total)))
                  .onFailure(this::stop)
                  .onSuccess(
                      job -> {
                        if (job.state().terminal()) {
                          finish(new AttemptEnd.Ended(job));
                        } else {
                          adopt();
                        }
                      });
            });
  }

  private void begin() {
    Job job = record.latest();
    span = new Span(job.checkpoint());
    lines =
        InputLines.open(
            job.spec().input(), job.checkpoint(), services.objects(), services.externalInputs());
    timer = services.clock().after(WorkerOptions.PROGRESS_INTERVAL, () -> loop.execute(this::tick));
    if (total != null) {
      pump();
      return;
    }
    here(patience.with(
            () ->
                InputLines.count(
                    job.spec().input(), services.objects(), services.externalInputs())))
        .onFailure(this::stop)
        .onSuccess(
            counted -> {
              total = counted;
              pump();
            });
  }

  /** Reads on if there is room for more. */
  private void pump() {
    InputLines input = lines;
    if (stopping || reading || exhausted || input == null || commitsPending >= COMMITS_MAX) {
      return;
    }
    int window = Math.min(WINDOW_ITEMS_MAX, serving.windowItems(itemsPerSecond()));
    if (itemsInFlight > 0 && itemsInFlight + window > serving.readAheadItems()) {
      return;
    }
    reading = true;
    here(input.next(window, WINDOW_BYTES_MAX))
        .onFailure(this::stop)
        .onSuccess(
            read -> {
              if (read.isEmpty()) {
                reading = false;
                exhausted = true;
                finishIfDone();
              } else {
                enter(read);
              }
            });
  }

  private void enter(List<Line> read) {
    Window window = new Window(read);
    long bytes = 0;
    for (Line line : read) {
      String text = line.text();
      bytes += text == null ? 0 : text.length();
    }
    long held = bytes;
    here(serving.gate().enter(read.size(), held))
        .onSuccess(
            admitted -> {
              reading = false;
              if (stopping) {
                serving.gate().leave(read.size(), held);
                return;
              }
              itemsInFlight += read.size();
              Future<Window.Rendered> rows = here(serving.batcher().infer(window));
              inFlight.add(new InFlight(window, rows));
              rows.onComplete(
                  done -> {
                    serving.gate().leave(read.size(), held);
                    itemsInFlight -= read.size();
                    gather();
                  });
              pump();
            });
  }

  /** Takes finished windows into the span, in the order of the input. */
  private void gather() {
    while (!stopping && !inFlight.isEmpty() && inFlight.peek().rows().isComplete()) {
      Future<Window.Rendered> rows = inFlight.remove().rows();
      if (rows.failed()) {
        stop(rows.cause());
        return;
      }
      long now = System.nanoTime();
      long windowNanos = now - lastWindowNanos;
      lastWindowNanos = now;
      span.add(rows.result());
      itemsDone += rows.result().items();
      if (serving.policy().due(span.ageNanos(), windowNanos, span.bytes()) && !lastWindow()) {
        cut(false);
      }
    }
    finishIfDone();
    pump();
  }

  private boolean lastWindow() {
    return exhausted && inFlight.isEmpty();
  }

  private void finishIfDone() {
    if (stopping || reading || !lastWindow()) {
      return;
    }
    if (span.isEmpty() && span.from().nextItem() == 0) {
      stop(JobError.EMPTY_INPUT.because("the input has no items: every line of it is blank"));
      return;
    }
    stopping = true;
    cut(true);
    here(commits).onSuccess(job -> finish(new AttemptEnd.Ended(job)));
  }

  private void cut(boolean last) {
    Span full = span;
    span = new Span(full.to());
    commitsPending++;
    commits = commits.compose(before -> here(parts.write(full, progress(), last)));
    commits
        .onFailure(this::stop)
        .onSuccess(
            job -> {
              commitsPending--;
              pump();
            });
  }

  private void tick() {
    if (end.future().isComplete()) {
      return;
    }
    timer = services.clock().after(WorkerOptions.PROGRESS_INTERVAL, () -> loop.execute(this::tick));
    Job.Progress now = progress();
    if (!stopping
        && !now.equals(told)
        && record.age().compareTo(WorkerOptions.PROGRESS_INTERVAL) >= 0) {
      told = now;
      here(record.alive(now)).onFailure(this::stopIfFencedOut);
    }
  }

  /** A progress write that did not get through is made up for by the next one. */
  private void stopIfFencedOut(Throwable failure) {
    if (failure instanceof AttemptRecord.FencedOut) {
      stop(failure);
    }
  }

  private Job.Progress progress() {
    Job.Checkpoint reached = span.to();
    return new Job.Progress(reached.nextItem(), reached.failed(), total);
  }

  private double itemsPerSecond() {
    return itemsDone * 1e9 / Math.max(1, System.nanoTime() - startedNanos);
  }

  /** The worker must go: keep what is gathered, then leave the job to another. Any thread. */
  void interrupt() {
    loop.execute(
        () -> {
          if (stopping) {
            return;
          }
          if (lines != null && !span.isEmpty()) {
            cut(false);
          }
          stopping = true;
          cancelWindows();
          here(commits).onComplete(done -> leave(Duration.ZERO));
        });
  }

  /** The delivery may be somebody else's by now: stop without a word. Any thread. */
  void lost() {
    loop.execute(() -> finish(new AttemptEnd.FencedOut()));
  }

  /** Ends the attempt for a reason. */
  private void stop(Throwable reason) {
    if (end.future().isComplete() || (stopping && reason instanceof CancellationException)) {
      return;
    }
    stopping = true;
    cancelWindows();
    if (reason instanceof AttemptRecord.FencedOut fencedOut) {
      Job job = fencedOut.job();
      finish(job.state().terminal() ? new AttemptEnd.Ended(job) : new AttemptEnd.FencedOut());
    } else if (reason instanceof PartWriter.InTheWay) {
      finish(new AttemptEnd.Restart());
    } else if (reason instanceof JobException e && Patience.answers(e)) {
      fail(e);
    } else {
      leave(reason instanceof CancellationException ? Duration.ZERO : UNREACHABLE_DELAY);
    }
  }

  private void fail(JobException reason) {
    boolean again = !HOPELESS.contains(reason.error());
    int failures = record.latest().spent().failures() + 1;
    Duration delay = JobLife.backoff(failures, ThreadLocalRandom.current().nextDouble());
    here(record.write((job, now) -> JobLife.attemptFailed(job, reason, again, delay, now)))
        .onFailure(this::abandon)
        .onSuccess(
            job ->
                finish(
                    job.state() == JobState.FAILED
                        ? new AttemptEnd.Dead(job)
                        : new AttemptEnd.Free(job, delay)));
  }

  private void leave(Duration delay) {
    here(record.write(JobLife::interrupted))
        .onFailure(this::abandon)
        .onSuccess(
            job ->
                finish(
                    job.state() == JobState.FAILED
                        ? new AttemptEnd.Dead(job)
                        : new AttemptEnd.Free(job, delay)));
  }

  private void abandon(Throwable failure) {
    if (failure instanceof AttemptRecord.FencedOut) {
      stop(failure);
    } else {
      finish(new AttemptEnd.Abandoned(failure));
    }
  }

  private void finish(AttemptEnd how) {
    stopping = true;
    if (timer != null) {
      timer.cancel();
    }
    cancelWindows();
    end.tryComplete(how);
  }

  private void cancelWindows() {
    inFlight.forEach(entry -> entry.window().cancel());
    inFlight.clear();
  }

  /** Brings a result to the loop. */
  private <T extends @Nullable Object> Future<T> here(Future<T> elsewhere) {
    Promise<T> here = Promise.promise();
    elsewhere.onComplete(done -> loop.execute(() -> here.handle(done)));
    return here.future();
  }
}
