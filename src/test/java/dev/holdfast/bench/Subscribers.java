package dev.holdfast.bench;

import dev.holdfast.SystemClock;
import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.Claim;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobSpec;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/** Running jobs that nobody works on but this, and the clients that watch them. */
final class Subscribers implements AutoCloseable {

  private static final int CONNECTING_MAX = 64;
  private static final Duration LEASE = Duration.ofHours(1);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** To look at thousands costs what the API needs; when it happened is noted by themselves. */
  private static final long LOOK_MILLIS = 200;

  private final SystemClock clock = new SystemClock();
  private final Vertx vertx = Vertx.vertx();
  private final WebSocketClient client;
  private final Embedded embedded;
  private final IntSupplier port;

  /**
   * @param port where the API is, asked anew for each connection
   */
  Subscribers(Path data, int socketsMax, IntSupplier port) throws IOException {
    this.port = port;
    client =
        vertx.createWebSocketClient(new WebSocketClientOptions().setMaxConnections(socketsMax));
    embedded = Embedded.open(data, Optional.empty(), clock);
  }

  /** How they come back by themselves. */
  Watched.Returning returning() {
    return new Watched.Returning(vertx, client, port);
  }

  /** Makes running jobs. */
  List<Watched> some(int count) throws InterruptedException, ExecutionException, TimeoutException {
    List<Watched> some = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      some.add(new Watched(claimed(), clock));
    }
    return some;
  }

  private Job claimed() throws InterruptedException, ExecutionException, TimeoutException {
    JobSpec spec =
        new JobSpec("all-MiniLM-L6-v2", new JobSpec.Inline("\"a\"\n", 1), Map.of(), 3, null, null);
    Job job = JobLife.created(JobId.random(), spec, clock.instant());
    await(embedded.store().create(job));
    JobRecords records = new JobRecords(embedded.store(), embedded.events(), clock);
    Claim claim =
        await(
            records.claim(
                job.id(),
                new Claimant(
                    "bench",
                    Job.Place.UNKNOWN,
                    JobId.randomToken(),
                    LEASE,
                    Claimant.Company.NONE)));
    return ((Claim.Claimed) claim).job();
  }

  /** Connects them and waits until each has its first frame. */
  void connect(List<Watched> some)
      throws InterruptedException, ExecutionException, TimeoutException {
    for (int from = 0; from < some.size(); from += CONNECTING_MAX) {
      List<Watched> batch = some.subList(from, Math.min(some.size(), from + CONNECTING_MAX));
      await(Future.all(batch.stream().map(one -> one.connect(client, port.getAsInt())).toList()));
    }
    until("everyone has the newest", () -> some.stream().allMatch(Watched::current));
  }

  /** Writes a record for each and waits until it has come to each. */
  void round(List<Watched> some) throws InterruptedException, ExecutionException, TimeoutException {
    for (Watched one : some) {
      write(one);
    }
    until("everyone has the newest", () -> some.stream().allMatch(Watched::current));
  }

  /** Writes records at a steady rate, one job after the other. */
  void events(List<Watched> watched, int perSecond, int seconds) throws InterruptedException {
    long begun = System.nanoTime();
    long gap = TimeUnit.SECONDS.toNanos(1) / perSecond;
    Object pause = new Object();
    List<Future<?>> writes = new ArrayList<>();
    for (int i = 0; i < seconds * perSecond; i++) {
      long early = begun + i * gap - System.nanoTime();
      if (early > 0) {
        synchronized (pause) {
          TimeUnit.NANOSECONDS.timedWait(pause, early);
        }
      }
      writes.add(start(watched.get(i % watched.size())));
    }
    until("everything is written", () -> writes.stream().allMatch(Future::isComplete));
    until("everyone has the newest", () -> watched.stream().allMatch(Watched::current));
  }

  private void write(Watched one)
      throws InterruptedException, ExecutionException, TimeoutException {
    await(start(one));
  }

  private Future<?> start(Watched one) {
    Job before = one.job();
    Job next = JobLife.alive(before, before.progress(), LEASE, clock.instant());
    one.next(next);
    return embedded
        .store()
        .replace(before, next)
        .compose(
            written -> {
              one.written(next.version());
              return embedded.events().publish(JobEvent.of(next));
            });
  }

  /** Looks now and then, and says so if it does not happen. */
  static void until(String what, BooleanSupplier condition) throws InterruptedException {
    long limit = System.nanoTime() + PATIENCE.toNanos();
    Object pause = new Object();
    while (!condition.getAsBoolean() && System.nanoTime() < limit) {
      synchronized (pause) {
        pause.wait(LOOK_MILLIS);
      }
    }
    if (!condition.getAsBoolean()) {
      System.out.println("within " + PATIENCE + " it did not happen that " + what);
    }
  }

  private static <T> T await(Future<T> future)
      throws InterruptedException, ExecutionException, TimeoutException {
    CompletableFuture<T> answer = future.toCompletionStage().toCompletableFuture();
    return answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
    embedded.close();
    clock.close();
  }
}
