package dev.holdfast.api;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wait for a job to change: woken by events, and because an event may be lost, also
 * by a look at the record now and then.
 *
 * <p>Not thread-safe: belongs to one context, on which its events and timers arrive.
 */
final class LongPolls implements AutoCloseable {

  /** How late a change whose event was lost is noticed. */
  static final Duration HEAL_INTERVAL = Duration.ofSeconds(2);

  private final Clocked clock;
  private final Consumer<Runnable> onContext;
  private final JobEvents.Subscription subscription;
  private final Map<JobId, Set<Watch>> watches = new HashMap<>();
  private boolean closed;

  /**
   * @param onContext runs a task on the context this belongs to
   */
  LongPolls(JobEvents events, Clocked clock, Consumer<Runnable> onContext) {
    this.clock = clock;
    this.onContext = onContext;
    this.subscription = events.subscribe(this::heard);
  }

  private void heard(JobEvent event) {
    List.copyOf(watches.getOrDefault(event.job(), Set.of())).forEach(Watch::wake);
  }

  /** Begins to listen for a job; what happens from now on is not missed. */
  Watch watch(JobId job) {
    Watch watch = new Watch(job);
    watches.computeIfAbsent(job, id -> new HashSet<>()).add(watch);
    return watch;
  }

  /** Everyone who waits gets what there is. */
  @Override
  public void close() {
    closed = true;
    subscription.close();
    watches.values().stream().flatMap(Set::stream).toList().forEach(Watch::wake);
  }

  /** One request's ear. */
  final class Watch implements AutoCloseable {

    private final JobId job;
    private boolean news;
    private boolean over;
    private @Nullable Promise<Void> waiting;

    private Watch(JobId job) {
      this.job = job;
    }

    private void wake() {
      news = true;
      if (waiting != null) {
        waiting.tryComplete();
      }
    }

    /**
     * Reads the job until it is enough, the time is up, or there is no more waiting here.
     *
     * @param read the newest record
     * @return the record as it was read last
     */
    Future<Job> until(Predicate<Job> enough, Duration wait, Supplier<Future<Job>> read) {
      Promise<Job> answer = Promise.promise();
      look(enough, clock.instant().plus(wait), read, answer);
      return answer.future();
    }

    private void look(
        Predicate<Job> enough, Instant until, Supplier<Future<Job>> read, Promise<Job> answer) {
      news = false;
      read.get()
          .onComplete(
              seen -> {
                Duration left = Duration.between(clock.instant(), until);
                if (seen.failed()) {
                  answer.fail(seen.cause());
                } else if (closed || over || left.toMillis() <= 0 || enough.test(seen.result())) {
                  answer.complete(seen.result());
                } else {
                  Duration pause = left.compareTo(HEAL_INTERVAL) < 0 ? left : HEAL_INTERVAL;
                  news(pause).onComplete(woken -> look(enough, until, read, answer));
                }
              });
    }

    private Future<Void> news(Duration pause) {
      if (news) {
        return Future.succeededFuture();
      }
      Promise<Void> woken = Promise.promise();
      waiting = woken;
      Clocked.Timer timer = clock.after(pause, () -> onContext.accept(woken::tryComplete));
      return woken.future().onComplete(done -> timer.cancel());
    }

    /** Nobody waits any more. */
    @Override
    public void close() {
      over = true;
      Set<Watch> others = watches.get(job);
      if (others != null && others.remove(this) && others.isEmpty()) {
        watches.remove(job);
      }
      wake();
    }
  }
}
