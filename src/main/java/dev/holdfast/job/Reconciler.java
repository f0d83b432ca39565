package dev.holdfast.job;

import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks after jobs that nobody moves: their message was lost, their worker is long gone, their
 * deadline has passed, or their time to be kept is over. This is what makes "no job is ever lost"
 * true whatever the broker does.
 *
 * <p>Every api replica runs one; each step is a compare-and-set, so many at once do no harm.
 */
public final class Reconciler implements AutoCloseable {

  static final Duration INTERVAL = Duration.ofSeconds(10);
  static final int BATCH = 100;

  private final JobStore store;
  private final JobQueue queue;
  private final ObjectStore objects;
  private final JobRecords records;
  private final Clocked clock;
  private final BiConsumer<String, Throwable> complain;
  private Clocked.@Nullable Timer timer;
  private Webhooks webhooks = Webhooks.OFF;
  private boolean closed;

  /**
   * @param complain hears, in words for a log, what could not be done and will be tried again
   */
  public Reconciler(
      JobStore store,
      JobQueue queue,
      ObjectStore objects,
      JobRecords records,
      Clocked clock,
      BiConsumer<String, Throwable> complain) {
    this.store = store;
    this.queue = queue;
    this.objects = objects;
    this.records = records;
    this.clock = clock;
    this.complain = complain;
  }

  /**
   * Hands jobs whose client waits to be told of the end to {@code webhooks}. Without it they are
   * put off, for another replica to find.
   */
  public Reconciler telling(Webhooks webhooks) {
    this.webhooks = webhooks;
    return this;
  }

  /** Looks now and at every interval from now on. */
  public synchronized void start() {
    if (!closed) {
      timer = clock.after(Duration.ZERO, this::round);
    }
  }

  /** What a look found, and how much of it could be seen to. */
  private record Look(int due, long moved) {

    /** Whether others may wait behind these; if nothing moves, haste does not help. */
    boolean more() {
      return due == BATCH && moved > 0;
    }
  }

  private void round() {
    look()
        .onComplete(
            seen -> {
              if (seen.failed()) {
                complain.accept("could not look for jobs to move; will look again", seen.cause());
              }
              again(seen.succeeded() && seen.result().more() ? Duration.ZERO : INTERVAL);
            });
  }

  private synchronized void again(Duration delay) {
    if (!closed) {
      timer = clock.after(delay, this::round);
    }
  }

  /** One look. Completes with how many jobs were due, after all of them were seen to. */
  public Future<Integer> reconcile() {
    return look().map(Look::due);
  }

  private Future<Look> look() {
    return store
        .due(clock.instant(), BATCH)
        .compose(
            due -> {
              List<Future<Boolean>> steps = due.stream().map(this::patiently).toList();
              return Future.all(steps)
                  .map(all -> new Look(due.size(), steps.stream().filter(Future::result).count()));
            });
  }

  /** Whether the job was seen to; what could not be is put off, or it would hide the others. */
  private Future<Boolean> patiently(Job job) {
    return Future.succeededFuture(job)
        .compose(this::move)
        .map(true)
        .recover(
            failure -> {
              complain.accept(
                  "could not move job %s, which is tried again later".formatted(job.id()), failure);
              return records.amend(job, JobLife::putOff).map(false).otherwise(false);
            });
  }

  private Future<Void> move(Job job) {
    if (job.state().terminal()) {
      return job.untold() && clock.instant().isBefore(job.keptUntil()) ? tell(job) : forget(job);
    }
    return JobLife.isOverdue(job, clock.instant()) ? fail(job) : resend(job);
  }

  /** Whoever gets the message of one that failed puts its copy with the dead letters. */
  private Future<Void> fail(Job job) {
    AtomicBoolean mine = new AtomicBoolean();
    return records
        .update(
            job,
            (newest, now) -> {
              mine.set(isDue(newest, now));
              return mine.get() ? JobLife.overdue(newest, now) : null;
            })
        .compose(after -> mine.get() ? publish(after) : Future.succeededFuture());
  }

  /**
   * Puts the next look far off only when the message is out: it may fail to go out, and this
   * process may die over it. That costs a write more, but to look at every job often would cost
   * more by far, in a long queue, than all else that is done for it. Nothing of this is news.
   */
  private Future<Void> resend(Job job) {
    AtomicBoolean mine = new AtomicBoolean();
    return records
        .amend(
            job,
            (newest, now) -> {
              mine.set(isDue(newest, now));
              return mine.get() ? JobLife.resending(newest, now) : null;
            })
        .compose(
            sent ->
                mine.get() && !sent.leased(clock.instant())
                    ? publish(sent).compose(out -> sent(sent))
                    : Future.succeededFuture());
  }

  private static boolean isDue(Job job, Instant now) {
    return !job.state().terminal() && !job.wakeAt().isAfter(now);
  }

  private Future<Void> publish(Job job) {
    return queue.publish(JobIntake.message(job));
  }

  /** Unless somebody wrote since: a claim, above all, has its own time to be looked at. */
  private Future<Void> sent(Job job) {
    return records
        .amend(
            job,
            (newest, now) -> newest.version() == job.version() ? JobLife.looked(newest, now) : null)
        .mapEmpty();
  }

  /** What does not fit now is written down as due later, or it would keep other jobs waiting. */
  private Future<Void> tell(Job job) {
    return webhooks
        .offer(job)
        .compose(
            taken ->
                taken
                    ? Future.succeededFuture()
                    : records.amend(job, WebhookLife::putOff).mapEmpty());
  }

  /** Record last: what is left after a crash in between is found and deleted again. */
  private Future<Void> forget(Job job) {
    return forgetParts(job)
        .compose(
            parts ->
                job.spec().input() instanceof JobSpec.Stored stored
                    ? objects.delete(stored.key()).mapEmpty()
                    : Future.succeededFuture())
        .compose(inputs -> store.delete(job))
        .mapEmpty();
  }

  /** By its name where there can be but one: a list costs as much as the part's creation did. */
  private Future<Void> forgetParts(Job job) {
    String only = job.onlyPartKey();
    return only == null
        ? objects.deleteAll("results/" + job.id() + "/").mapEmpty()
        : objects.delete(only).mapEmpty();
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (timer != null) {
      timer.cancel();
    }
  }
}
