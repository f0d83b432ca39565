package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells the record how far an attempt is, once an interval at most, and only if nothing else has
 * written it lately. Not thread-safe; lives on the loop.
 */
final class ProgressWrites {

  private final Clocked clock;
  private final Loop loop;
  private final AttemptRecord record;
  private final Supplier<Job.Progress> progress;
  private final Consumer<AttemptRecord.FencedOut> fencedOut;
  private Job.Progress told;
  private Clocked.@Nullable Timer timer;

  /**
   * @param fencedOut hears that the record is another attempt's
   */
  ProgressWrites(
      Clocked clock,
      Loop loop,
      AttemptRecord record,
      Supplier<Job.Progress> progress,
      Consumer<AttemptRecord.FencedOut> fencedOut) {
    this.clock = clock;
    this.loop = loop;
    this.record = record;
    this.progress = progress;
    this.fencedOut = fencedOut;
    this.told = record.latest().progress();
  }

  void start() {
    timer = clock.after(WorkerOptions.PROGRESS_INTERVAL, () -> loop.execute(this::tick));
  }

  private void tick() {
    if (timer == null) {
      return;
    }
    start();
    Job.Progress now = progress.get();
    if (!now.equals(told) && record.age().compareTo(WorkerOptions.PROGRESS_INTERVAL) >= 0) {
      told = now;
      // one that did not get through is made up for by the next
      loop.here(record.alive(now))
          .onFailure(
              failure -> {
                if (failure instanceof AttemptRecord.FencedOut out) {
                  fencedOut.accept(out);
                }
              });
    }
  }

  void stop() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }
}
