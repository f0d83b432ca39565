package dev.holdfast.client;

import java.io.PrintStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Follows a job on the terminal: a bar that moves where a person looks, plain lines elsewhere, and
 * a line for each attempt as it begins and ends. Writes to {@code err}, so that {@code out} stays
 * clean.
 */
public final class Watch {

  private static final int BAR_COLUMNS = 78;
  private static final int BAR_REDRAW_MILLIS = 100;
  private static final String ERASE_LINE = "\r\033[K";

  /** The shortest time between two questions, whatever the server answers. */
  private static final Duration ASK_AGAIN = Duration.ofMillis(100);

  private static final int PLAIN_STEPS = 10;

  private final HoldfastClient client;
  private final Terminal terminal;
  private final boolean json;
  private final Map<Long, String> told = new HashMap<>();
  private long toldStep = -1;
  private @Nullable String toldState;
  private @Nullable ProgressBar bar;

  /**
   * @param json prints each state of the job as one line of JSON instead
   */
  public Watch(HoldfastClient client, Terminal terminal, boolean json) {
    this.client = client;
    this.terminal = terminal;
    this.json = json;
  }

  /** Follows to the end; the exit code that the end means. */
  int untilEnd(JobView first) throws ClientException {
    JobView last = until(first, job -> false);
    if (!json) {
      String counts =
          "%s: %s, %d items, %d of them with an error"
              .formatted(last.id(), last.state(), last.done(), last.failed());
      String line = last.error() == null ? counts : counts + ": " + last.error();
      terminal.err().println(terminal.tinted(line, last.state()));
    }
    return last.exitCode();
  }

  /** Follows until the job has ended or {@code enough} of it was seen. */
  public JobView until(JobView first, Predicate<JobView> enough) throws ClientException {
    JobView job = first;
    try {
      show(job);
      while (!job.ended() && !enough.test(job)) {
        JobView next = client.news(job);
        if (next.version() == job.version()) {
          client.rest(ASK_AGAIN);
        } else {
          show(next);
        }
        job = next;
      }
      return job;
    } finally {
      closeBar();
    }
  }

  private void show(JobView job) {
    if (json) {
      terminal.out().println(job.json());
      terminal.out().flush();
      return;
    }
    for (JobView.AttemptView attempt : job.attempts()) {
      String now = attempt.outcome() == null ? "" : attempt.outcome();
      String before = told.put(attempt.fence(), now);
      if (before == null) {
        say(
            attempt.resumedAt() == 0
                ? "%s began%s".formatted(attempt.worker(), where(attempt))
                : "%s resumed at item %d%s"
                    .formatted(attempt.worker(), attempt.resumedAt(), where(attempt)));
      }
      if (!now.isEmpty() && !now.equals(before) && !now.equals("complete")) {
        say(terminal.tinted("%s: %s".formatted(attempt.worker(), now), now));
      }
    }
    if (terminal.live()) {
      draw(job);
    } else {
      tellPlainly(job);
    }
  }

  private static String where(JobView.AttemptView attempt) {
    return attempt.place() == null ? "" : " (" + attempt.place() + ")";
  }

  private void draw(JobView job) {
    ProgressBar drawn = bar;
    if (drawn == null) {
      drawn =
          new ProgressBarBuilder()
              .setTaskName(job.model())
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(BAR_REDRAW_MILLIS)
              .setInitialMax(job.total() == null ? -1 : job.total())
              .showSpeed()
              .setConsumer(new ConsoleProgressBarConsumer(terminal.err(), BAR_COLUMNS))
              .build();
      bar = drawn;
    }
    if (job.total() != null) {
      drawn.maxHint(job.total());
    }
    drawn.stepTo(job.done());
    drawn.setExtraMessage(job.state());
  }

  private void tellPlainly(JobView job) {
    Long total = job.total();
    long step = total == null || total == 0 ? job.done() / 1_000 : job.done() * PLAIN_STEPS / total;
    if (step == toldStep && job.state().equals(toldState)) {
      return;
    }
    toldStep = step;
    toldState = job.state();
    say("%s %d/%s".formatted(job.state(), job.done(), total == null ? "?" : total));
  }

  private void say(String line) {
    PrintStream err = terminal.err();
    err.println(bar == null ? line : ERASE_LINE + line);
    err.flush();
  }

  private void closeBar() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
