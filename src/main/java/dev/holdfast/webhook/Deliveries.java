package dev.holdfast.webhook;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.WebhookDelivery;
import dev.holdfast.job.WebhookDelivery.Answer;
import dev.holdfast.job.WebhookLife;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes deliveries, calls, and writes down what came of it, in this order: the record says that an
 * attempt goes on before anybody is called, and it says what came of it only afterwards. So a crash
 * at any point costs a second call, never the only one.
 *
 * <p>Not thread-safe: belongs to one context, and every answer comes back to it.
 */
final class Deliveries {

  private static final Logger LOG = LoggerFactory.getLogger(Deliveries.class);

  /** Nobody else begins an attempt so soon after one was taken: the wait in line and the call. */
  static final Duration HOLD = Duration.ofSeconds(60);

  /** From the look-up of the name to the end of the answer. */
  static final Duration CALL_MAX = Duration.ofSeconds(10);

  /** Between the end of a call and the record of it, with room for a store in trouble. */
  private static final Duration RECORD_MAX = Duration.ofSeconds(20);

  /** Records that are read at once because an event said that a job has ended. */
  private static final int READS_MAX = 64;

  static final Line.Bounds BOUNDS = new Line.Bounds(64, 16, 1_000, 250);

  /** What a delivery needs of the world. */
  record World(
      JobStore store,
      JobRecords records,
      Caller caller,
      Clocked clock,
      Outgoing outgoing,
      OnContext onContext) {}

  /** Runs a task where everything of the deliveries runs. */
  interface OnContext {
    void run(Runnable task);
  }

  /** Makes what is sent. */
  interface Outgoing {
    Caller.Message message(Job job, int attempt, Instant now);
  }

  private record Held(Job job, String url, String host, WebhookDelivery taken, Instant until) {
    JobId id() {
      return job.id();
    }

    String token() {
      return Objects.requireNonNull(taken.token());
    }
  }

  private final World world;
  private final WebhookMetrics metrics;
  private final Line<Held> line;
  private final Promise<Void> quiet = Promise.promise();
  private int reads;
  private boolean closed;

  Deliveries(World world, WebhookMetrics metrics, Line.Bounds bounds) {
    this.world = world;
    this.metrics = metrics;
    this.line = new Line<>(bounds);
    metrics.watch(line::calls, line::waiting);
  }

  /** A job has ended, perhaps with somebody to be told of it. */
  void heard(JobEvent event) {
    if (!event.state().terminal() || closed || reads >= READS_MAX || line.holds(event.job())) {
      return;
    }
    reads++;
    back(world.store().get(event.job()))
        .onComplete(
            read -> {
              reads--;
              if (read.succeeded()) {
                read.result().filter(Deliveries::isNew).ifPresent(this::offerAnew);
              }
            });
  }

  private static boolean isNew(Job job) {
    WebhookDelivery delivery = job.webhook();
    return job.untold() && delivery != null && delivery.attempts() == 0;
  }

  private void offerAnew(Job job) {
    offer(job)
        .onFailure(
            failure ->
                LOG.warn(
                    "the webhook of job {} could not be taken; the reconciler finds it",
                    job.id(),
                    failure));
  }

  /** As {@link dev.holdfast.job.Webhooks#offer}. */
  Future<Boolean> offer(Job job) {
    String url = job.spec().webhook();
    if (closed || url == null) {
      return Future.succeededFuture(false);
    }
    if (line.holds(job.id())) {
      return Future.succeededFuture(true);
    }
    String host = host(url);
    if (!line.reserve(job.id(), host)) {
      return Future.succeededFuture(false);
    }
    String token = JobId.randomToken();
    AtomicReference<Job> mine = new AtomicReference<>();
    Instant until = world.clock().instant().plus(HOLD);
    return back(world
            .records()
            .amend(
                job,
                (newest, now) -> {
                  mine.set(WebhookLife.taken(newest, token, HOLD, now));
                  return mine.get();
                }))
        .onFailure(failure -> line.leave(job.id(), host))
        .map(
            after -> {
              Job taken = mine.get();
              WebhookDelivery delivery = after.webhook();
              if (taken == null || !taken.equals(after) || delivery == null) {
                line.leave(job.id(), host);
              } else if (!after.untold()) {
                line.leave(job.id(), host);
                givenUp(after, delivery);
              } else {
                line.join(host, new Held(after, url, host, delivery, until));
                go();
              }
              return true;
            })
        .onComplete(done -> ifQuiet());
  }

  /** What calls of one receiver are counted under. */
  private static String host(String url) {
    try {
      return Target.parse(url).host();
    } catch (JobException e) {
      return "";
    }
  }

  /** Calls whom it can, and lets go of what has waited so long that another may take it soon. */
  private void go() {
    Instant soon = world.clock().instant().plus(CALL_MAX).plus(RECORD_MAX);
    line.takeOut(held -> closed || soon.isAfter(held.until())).forEach(this::giveBack);
    while (!closed) {
      Held held = line.next().orElse(null);
      if (held == null) {
        return;
      }
      call(held);
    }
  }

  private void giveBack(Held held) {
    settled(
        held,
        world
            .records()
            .amend(held.job(), (newest, now) -> WebhookLife.givenBack(newest, held.token(), now)),
        "could not be given back");
  }

  private void call(Held held) {
    Future<Answer> answered;
    try {
      Instant now = world.clock().instant();
      Caller.Message message = world.outgoing().message(held.job(), held.taken().attempts(), now);
      answered = world.caller().call(held.url(), message);
    } catch (RuntimeException e) {
      answered = Future.failedFuture(e);
    }
    back(answered)
        .onComplete(
            done -> {
              line.called(held.host());
              if (done.failed()) {
                LOG.error("the webhook of job {} could not be called", held.id(), done.cause());
              }
              record(
                  held,
                  done.succeeded()
                      ? done.result()
                      : Answer.none("the call could not be made; the operator's log says why"));
              go();
            });
  }

  private void record(Held held, Answer answer) {
    metrics.called(answer, age(held.job()));
    double random = ThreadLocalRandom.current().nextDouble();
    Future<Job> written =
        world
            .records()
            .amend(
                held.job(),
                (newest, now) ->
                    WebhookLife.answered(
                        newest, held.taken().end(), held.token(), answer, random, now));
    settled(held, written, "was called, which could not be written down: it is called again");
  }

  private void settled(Held held, Future<Job> written, String trouble) {
    back(written)
        .onComplete(
            done -> {
              line.forget(held.id());
              if (done.failed()) {
                LOG.warn("the webhook of job {} {}", held.id(), trouble, done.cause());
              } else {
                told(done.result(), held);
              }
              ifQuiet();
            });
  }

  private void told(Job after, Held held) {
    WebhookDelivery delivery = after.webhook();
    if (delivery == null || !held.token().equals(delivery.token())) {
      return;
    }
    switch (delivery.state()) {
      case PENDING ->
          LOG.debug("the webhook of job {} waits for another attempt: {}", held.id(), delivery);
      case DELIVERED -> LOG.debug("the end of job {} was told", held.id());
      case FAILED -> givenUp(after, delivery);
    }
  }

  private void givenUp(Job job, WebhookDelivery delivery) {
    metrics.givenUp();
    LOG.warn(
        "gave up telling {} of the end of job {} after {} attempts: {}",
        job.spec().webhook() == null ? "nobody" : host(job.spec().webhook()),
        job.id(),
        delivery.attempts(),
        delivery.lastError());
  }

  private Duration age(Job job) {
    Instant now = world.clock().instant();
    return Duration.between(job.endedAt() == null ? now : job.endedAt(), now);
  }

  /** Takes nothing more, gives back what waits, and completes when nothing is in hand. */
  Future<Void> close() {
    closed = true;
    go();
    ifQuiet();
    return quiet.future();
  }

  private void ifQuiet() {
    if (closed && line.isEmpty()) {
      quiet.tryComplete();
    }
  }

  private <T> Future<T> back(Future<T> future) {
    Promise<T> here = Promise.promise();
    future.onComplete(done -> world.onContext().run(() -> here.handle(done)));
    return here.future();
  }
}
