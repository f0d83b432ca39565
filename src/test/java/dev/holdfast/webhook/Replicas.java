package dev.holdfast.webhook;

import static dev.holdfast.contract.Futures.await;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.ObjectStore;
import dev.holdfast.job.Reconciler;
import dev.holdfast.job.RowEncoding;
import dev.holdfast.job.WebhookDelivery;
import dev.holdfast.job.WebhookDelivery.Answer;
import dev.holdfast.job.Webhooks;
import dev.holdfast.world.ManualClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Api replicas that deliver webhooks, in one thread and on a clock with movable hands. */
final class Replicas {

  static final String URL = "https://receiver.example/hook";

  final ManualClock clock = new ManualClock();
  final Store store = new Store();
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  final JobRecords records = new JobRecords(store, store, clock);
  final List<Call> calls = new ArrayList<>();
  final Messages messages =
      new Messages(
          WebhookSecrets.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").orElseThrow(),
          job ->
              new JsonObject()
                  .put("id", job.id().value())
                  .put("version", job.version())
                  .put("updated_at", job.updatedAt().toString())
                  .put("attempts", Objects.requireNonNull(job.webhook()).attempts())
                  .put("ended_at", String.valueOf(job.endedAt())));

  /** What receivers answer; null leaves the call open. */
  Function<Call, @Nullable Answer> receiver = call -> Answer.delivered(200);

  /** A call that was made. */
  record Call(String url, Caller.Message message, Instant at, Promise<Answer> answer) {}

  /**
   * When a process dies.
   *
   * @param call in which of its calls of the store, from 1
   * @param applied whether that call still takes effect
   */
  record Fate(int call, boolean applied) {}

  /** One process; {@link #die} is a crash: nothing that it waits for ever reaches it. */
  final class Replica implements Webhooks {

    private boolean dead;
    final Deliveries deliveries;
    private final @Nullable Reconciler reconciler;
    private final JobEvents.@Nullable Subscription subscription;

    Replica(Line.Bounds bounds) {
      this(bounds, new Fate(Integer.MAX_VALUE, false));
    }

    /**
     * @param fate of the process: when it dies
     */
    Replica(Line.Bounds bounds, Fate fate) {
      JobStore mine = mortal(fate);
      JobRecords records = new JobRecords(mine, store, clock);
      deliveries =
          new Deliveries(
              new Deliveries.World(
                  mine,
                  records,
                  this::called,
                  clock,
                  messages::message,
                  task -> {
                    if (!dead) {
                      task.run();
                    }
                  }),
              new WebhookMetrics(meters),
              bounds);
      subscription = store.subscribe(deliveries::heard);
      reconciler =
          new Reconciler(
              mine,
              idle(JobQueue.class),
              idle(ObjectStore.class),
              records,
              clock,
              (what, why) -> {
                throw new AssertionError(what, why);
              });
      reconciler.telling(this).start();
    }

    /** The store as this process sees it; the call that it dies in never answers. */
    private JobStore mortal(Fate fate) {
      AtomicInteger made = new AtomicInteger();
      return (JobStore)
          Proxy.newProxyInstance(
              JobStore.class.getClassLoader(),
              new Class<?>[] {JobStore.class},
              (proxy, method, arguments) -> {
                int call = made.incrementAndGet();
                boolean last = !dead && call == fate.call();
                if (dead || (last && !fate.applied())) {
                  die();
                  return Promise.promise().future();
                }
                Object answer = method.invoke(store, arguments);
                if (last) {
                  die();
                  return Promise.promise().future();
                }
                return answer;
              });
    }

    private Future<Answer> called(String url, Caller.Message message) {
      Call call = new Call(url, message, clock.instant(), Promise.promise());
      calls.add(call);
      Answer answer = receiver.apply(call);
      if (answer != null) {
        call.answer().complete(answer);
      }
      return call.answer().future();
    }

    @Override
    public void check(String url) {}

    @Override
    public Future<Boolean> offer(Job job) {
      return deliveries.offer(job);
    }

    boolean isDead() {
      return dead;
    }

    void die() {
      dead = true;
      deaf();
    }

    /** No event reaches it any more. */
    void deaf() {
      if (subscription != null) {
        subscription.close();
      }
      if (dead && reconciler != null) {
        reconciler.close();
      }
    }
  }

  Replica replica() {
    return new Replica(Deliveries.BOUNDS);
  }

  /** A port of which nothing is wanted here: each method answers that it is done. */
  private static <T> T idle(Class<T> port) {
    return port.cast(
        Proxy.newProxyInstance(
            port.getClassLoader(),
            new Class<?>[] {port},
            (proxy, method, arguments) -> Future.succeededFuture()));
  }

  Job submitted(@Nullable String url) {
    JobSpec spec =
        new JobSpec(
            "m",
            new JobSpec.Inline("\"a\"\n", 1),
            Map.of(),
            3,
            null,
            null,
            null,
            url,
            RowEncoding.JSON);
    return await(store.create(JobLife.created(JobId.random(), spec, clock.instant()))).job();
  }

  Job cancelled(@Nullable String url) {
    return await(records.update(submitted(url), JobLife::cancelled));
  }

  Job newest(Job job) {
    return Objects.requireNonNull(store.jobs.get(job.id()));
  }

  WebhookDelivery delivery(Job job) {
    return Objects.requireNonNull(newest(job).webhook());
  }

  void pass(Duration time) {
    for (long s = 0; s < time.toSeconds(); s++) {
      clock.advance(Duration.ofSeconds(1));
    }
  }
}
