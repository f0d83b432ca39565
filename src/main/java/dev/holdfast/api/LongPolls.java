package dev.holdfast.api;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.live.Feed;
import dev.holdfast.live.Snapshot;
import dev.holdfast.live.Watch;
import dev.holdfast.live.Watcher;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wait for a job to change, each a watcher of the feed.
 *
 * <p>Not thread-safe: belongs to one context, on which its timers arrive.
 */
final class LongPolls implements AutoCloseable {

  private final Feed feed;
  private final Clocked clock;
  private final Consumer<Runnable> onContext;
  private final Set<Poll> polls = new HashSet<>();
  private boolean closed;

  /**
   * @param onContext runs a task on the context this belongs to
   */
  LongPolls(Feed feed, Clocked clock, Consumer<Runnable> onContext) {
    this.feed = feed;
    this.clock = clock;
    this.onContext = onContext;
  }

  /** Begins to wait for a job until it is enough, the time is up, or there is no waiting here. */
  Poll poll(JobId job, Predicate<Job> enough, Duration wait) {
    return new Poll(job, enough, wait);
  }

  /** Everyone who waits gets what there is. */
  @Override
  public void close() {
    closed = true;
    List.copyOf(polls).forEach(Poll::settle);
  }

  /** One request's wait. */
  final class Poll implements Watcher, AutoCloseable {

    private final Predicate<Job> enough;
    private final Promise<Snapshot> answer = Promise.promise();
    private final Clocked.Timer timer;
    private @Nullable Watch watch;
    private @Nullable Snapshot newest;
    private boolean timeIsUp;

    private Poll(JobId job, Predicate<Job> enough, Duration wait) {
      this.enough = enough;
      polls.add(this);
      timer = clock.after(wait, () -> onContext.accept(this::expire));
      Watch opened = feed.watch(job, this);
      watch = opened;
      if (answer.future().isComplete()) {
        opened.close();
      }
    }

    /** The newest record; fails if it could not be read, or there is no such job. */
    Future<Snapshot> answer() {
      return answer.future();
    }

    @Override
    public void saw(Snapshot snapshot) {
      newest = snapshot;
      if (closed || timeIsUp || enough.test(snapshot.job())) {
        settle();
      }
    }

    @Override
    public void gone(JobId job) {
      answer.tryFail(JobRoutes.noSuchJob(job.value()));
      close();
    }

    @Override
    public void failed(JobId job, Throwable why) {
      answer.tryFail(why);
      close();
    }

    private void expire() {
      timeIsUp = true;
      settle();
    }

    /** Answers with what there is; a first look that is under way is waited for. */
    private void settle() {
      if (newest != null) {
        answer.tryComplete(newest);
        close();
      }
    }

    /** Nobody waits any more. */
    @Override
    public void close() {
      polls.remove(this);
      timer.cancel();
      if (watch != null) {
        watch.close();
      }
    }
  }
}
