package dev.holdfast.webhook;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.WebhookDelivery.Answer;
import dev.holdfast.job.Webhooks;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells clients of the ends of their jobs. One instance a process; what it is offered before it has
 * started or after it has stopped, it does not take.
 */
public final class WebhookVerticle extends VerticleBase implements Webhooks {

  private static final Logger LOG = LoggerFactory.getLogger(WebhookVerticle.class);

  /** What is still being called then is called again by another replica. */
  private static final Duration STOP_WAIT_MAX = Duration.ofSeconds(5);

  private final WebhookOptions options;
  private final TargetRules rules;
  private final Services services;
  private final Messages messages;
  private final AtomicReference<@Nullable Deliveries> deliveries = new AtomicReference<>();
  private volatile @Nullable Context own;
  private final SystemNames names = new SystemNames();
  private @Nullable HttpCaller http;
  private JobEvents.@Nullable Subscription subscription;

  /** What it works with; whoever opened them closes them, after the verticle has stopped. */
  public record Services(JobStore store, JobEvents events, Clocked clock, MeterRegistry meters) {}

  /**
   * @param told a job as the client knows it
   */
  public WebhookVerticle(
      WebhookOptions options, Services services, Function<Job, JsonObject> told) {
    this.options = options;
    this.services = services;
    this.rules = new TargetRules(options.addressRules());
    this.messages = new Messages(options.secrets(), told);
  }

  @Override
  public Future<?> start() {
    Clocked clock = services.clock();
    own = context;
    http =
        new HttpCaller(
            vertx,
            rules,
            names,
            clock,
            new HttpCaller.Limits(Deliveries.CALL_MAX, Deliveries.BOUNDS.callsOfHost()));
    Deliveries started =
        new Deliveries(
            new Deliveries.World(
                services.store(),
                new JobRecords(services.store(), services.events(), clock),
                options.secrets().isEmpty() ? WebhookVerticle::unsigned : http,
                clock,
                messages::message,
                this::onContext),
            new WebhookMetrics(services.meters()),
            Deliveries.BOUNDS);
    deliveries.set(started);
    if (!options.secrets().isEmpty()) {
      subscription = services.events().subscribe(started::heard);
    }
    return Future.succeededFuture();
  }

  /** A job was taken in by a replica with secrets, and this one has none. */
  private static Future<Answer> unsigned(String url, Caller.Message message) {
    return Future.succeededFuture(
        Answer.none("the server has no secret to sign with; its operator must set one"));
  }

  @Override
  public void check(String url) {
    if (options.secrets().isEmpty()) {
      throw JobError.WEBHOOK_REFUSED.because(
          "this server sends no webhooks: its operator has not set HOLDFAST_WEBHOOK_SECRETS");
    }
    rules.check(url);
  }

  @Override
  public Future<Boolean> offer(Job job) {
    Deliveries started = deliveries.get();
    if (started == null) {
      return Future.succeededFuture(false);
    }
    Promise<Boolean> taken = Promise.promise();
    onContext(() -> started.offer(job).onComplete(taken));
    return taken.future();
  }

  private void onContext(Runnable task) {
    Context context = own;
    if (context != null) {
      context.runOnContext(go -> task.run());
    }
  }

  @Override
  public Future<?> stop() {
    if (subscription != null) {
      subscription.close();
    }
    Deliveries started = deliveries.getAndSet(null);
    Future<Void> quiet = started == null ? Future.succeededFuture() : started.close();
    Promise<Void> enough = Promise.promise();
    long timer = vertx.setTimer(STOP_WAIT_MAX.toMillis(), due -> enough.tryComplete());
    quiet.onComplete(done -> enough.tryComplete());
    return enough
        .future()
        .compose(
            waited -> {
              vertx.cancelTimer(timer);
              // a look-up that hangs must not hold up the way out
              vertx.executeBlocking(this::closeNames);
              return http == null ? Future.succeededFuture() : http.close();
            });
  }

  private @Nullable Void closeNames() {
    try {
      names.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LOG.debug("a look-up is left behind", e);
    }
    return null;
  }
}
