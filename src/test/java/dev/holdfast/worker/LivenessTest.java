package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.SystemClock;
import dev.holdfast.health.ManagementVerticle;
import dev.holdfast.health.Readiness;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import dev.holdfast.world.Messages;
import dev.holdfast.world.ScriptedEngine;
import dev.holdfast.world.Waits;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code /livez} says of a worker whose threads do not come round, and of one that is well.
 */
@Timeout(60)
class LivenessTest {

  /** The machine's clock, with a stopwatch that can be moved on. */
  private static final class Stopwatch implements Clocked, AutoCloseable {
    private final SystemClock system = new SystemClock();
    private final Queue<Runnable> looks = new ConcurrentLinkedQueue<>();
    private volatile long aheadNanos;

    @Override
    public Instant instant() {
      return system.instant();
    }

    @Override
    public long nanos() {
      return system.nanos() + aheadNanos;
    }

    @Override
    public Timer after(Duration delay, Runnable task) {
      if (delay.equals(Vitals.WATCH_INTERVAL)) {
        looks.add(task);
        return () -> looks.remove(task);
      }
      return system.after(delay, task);
    }

    /** The next of the looks that a worker takes at itself. */
    void look() {
      looks.remove().run();
    }

    void ahead(Duration by) {
      aheadNanos = by.toNanos();
    }

    @Override
    public void close() {
      system.close();
    }
  }

  @TempDir Path directory;
  private final Stopwatch clock = new Stopwatch();
  private final ScriptedEngine engine = new ScriptedEngine();
  private final CountDownLatch stuck = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);
  private final Vertx other = Vertx.vertx();
  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final CompletableFuture<Throwable> fatal = new CompletableFuture<>();
  private VerticleWorld world;
  private WorkerVerticle worker;
  private ManagementVerticle management;

  @BeforeEach
  void open() throws Exception {
    world = new VerticleWorld(directory, clock);
    worker =
        world.worker(
            engine,
            ScriptedEngine.spec(8, 1_000),
            meters,
            e -> {
              fatal.complete(e);
              worker.drain(Duration.ofSeconds(12));
            });
    // on loops of its own, so that it answers for a worker whose loop is stuck
    management =
        new ManagementVerticle(
            "127.0.0.1", 0, meters, worker::ailment, () -> Readiness.READY, Optional.empty());
    await(other.deployVerticle(management));
  }

  @AfterEach
  void close() {
    go.countDown();
    world.close();
    await(other.close());
    clock.close();
  }

  private HttpResponse<String> livez() throws Exception {
    URI uri = URI.create("http://127.0.0.1:%d/livez".formatted(management.port()));
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
  }

  private void awaitAlive() {
    Waits.until(() -> livez().statusCode() == 200);
  }

  @Test
  void aWorkerIsAliveBeforeItHasBegun() throws Exception {
    assertThat(livez().statusCode()).isEqualTo(200);
  }

  /** A job that the engine does not come back from. */
  private JobId getStuck() throws Exception {
    engine.beforeBatch(
        texts -> {
          stuck.countDown();
          Waits.until(go);
        });
    Job job = world.submit("a", 1);
    await(world.vertx.deployVerticle(worker));
    assertThat(stuck.await(30, TimeUnit.SECONDS)).isTrue();
    return job.id();
  }

  @Test
  void anInputThatTheEngineDoesNotComeBackFromIsASuspectAndItsProcessEnds() throws Exception {
    JobId id = getStuck();
    clock.look();
    Promise<Void> loopHasAnswered = Promise.promise();
    world.vertx.runOnContext(v -> loopHasAnswered.complete());
    await(loopHasAnswered.future());
    clock.ahead(Pulse.INFERENCE_STUCK_AFTER);
    clock.look();
    assertThat(fatal).as("a process that was stopped may look so, once").isNotDone();
    clock.look();
    assertThat(fatal.get(10, TimeUnit.SECONDS))
        .hasMessage("the thread holdfast-scripted-lane-0 has been in one call for more than 300 s");

    Waits.until(() -> world.job(id).state() == JobState.INTERRUPTED);
    Job job = world.job(id);
    assertThat(job.spent()).isEqualTo(new Job.Spent(0, 1, 1));
    assertThat(job.lease()).isNull();
    Waits.until(() -> Messages.in(directory, clock).equals(new Messages(1, 0)));
  }

  @Test
  void anEngineThatDoesNotComeBackEndsTheLifeOfItsProcess() throws Exception {
    getStuck();
    assertThat(livez().statusCode()).isEqualTo(200);

    clock.ahead(Pulse.INFERENCE_STUCK_AFTER);
    HttpResponse<String> answer = livez();
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).contains("holdfast-scripted-lane-0").contains("300 s");

    go.countDown();
    awaitAlive();
  }

  @Test
  void anEventLoopThatDoesNotComeRoundEndsItToo() throws Exception {
    await(world.vertx.deployVerticle(worker));
    world.vertx.runOnContext(
        v -> {
          stuck.countDown();
          Waits.until(go);
        });
    assertThat(stuck.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(livez().statusCode()).as("nobody has asked it yet").isEqualTo(200);

    clock.ahead(Pulse.LOOP_STUCK_AFTER);
    HttpResponse<String> answer = livez();
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).contains("event loop").contains("60 s");

    go.countDown();
    awaitAlive();
  }
}
