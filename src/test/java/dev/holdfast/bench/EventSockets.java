package dev.holdfast.bench;

import dev.holdfast.Main;
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
import java.util.function.ToDoubleFunction;

/**
 * Subscribers of running jobs, each with a socket of its own to one API in a process of its own:
 * how late they hear, what they cost, and how they come through a restart. The records are written
 * here, in place of workers.
 */
final class EventSockets implements AutoCloseable {

  private static final int SOCKETS = Integer.getInteger("bench.sockets", 5_000);
  private static final int EVENTS_PER_SECOND = 200;
  private static final int SECONDS = Integer.getInteger("bench.events.seconds", 30);
  private static final int CONNECTING_MAX = 64;
  private static final Duration LEASE = Duration.ofHours(1);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final SystemClock clock = new SystemClock();
  private final Vertx vertx = Vertx.vertx();
  private final WebSocketClient client =
      vertx.createWebSocketClient(new WebSocketClientOptions().setMaxConnections(2 * SOCKETS));
  private final Map<String, String> environment;
  private final Path log;
  private final int port = Stack.freePort();
  private final Embedded embedded;
  private final List<Watched> watched = new ArrayList<>();

  private EventSockets(Path data, Path log) throws IOException {
    this.log = log;
    this.embedded = Embedded.open(data, Optional.empty(), clock);
    this.environment =
        Map.of(
            "HOLDFAST_DATA",
            data.toString(),
            "HOLDFAST_PORT",
            Integer.toString(port),
            "HOLDFAST_MANAGEMENT_PORT",
            "0",
            "HOLDFAST_LOG_LEVEL",
            "warn");
  }

  static void run(Path data, Path log, Report report)
      throws IOException, InterruptedException, ExecutionException, TimeoutException {
    try (EventSockets sockets = new EventSockets(data, log)) {
      sockets.run(report);
    }
  }

  private void run(Report report)
      throws IOException, InterruptedException, ExecutionException, TimeoutException {
    for (int i = 0; i < SOCKETS; i++) {
      watched.add(new Watched(claimed(), clock));
    }
    String what = SOCKETS + " sockets";
    try (Child api = startApi()) {
      // what the first of them load, compile and pool is not theirs
      connect(watched.subList(0, SOCKETS / 10));
      round(watched.subList(0, SOCKETS / 10));
      long before = api.residentMib();
      connect(watched.subList(SOCKETS / 10, SOCKETS));
      long after = api.residentMib();
      report.add(
          what + ", resident memory each",
          (after - before) * 1024.0 / (SOCKETS - SOCKETS / 10.0),
          "KiB");
      watched.forEach(Watched::forgetLatencies);
      events();
      report.add(what + ", record written to frame, p50", latency(0.5), "ms");
      report.add(what + ", record written to frame, p99", latency(0.99), "ms");
      report.add(what + ", events not received", sum(Watched::missing), "");
    }
    until("every socket is closed", () -> watched.stream().allMatch(Watched::closed));
    report.add(what + ", closed with 1001", sum(w -> w.closeCode() == 1001 ? 1 : 0), "");
    for (Watched one : watched.subList(0, SOCKETS / 10)) {
      write(one);
    }
    try (Child api = startApi()) {
      long up = System.nanoTime();
      connect(watched);
      report.add(what + ", resumed after a restart", (System.nanoTime() - up) / 1e9, "s");
      round(watched);
      report.add(what + ", events not received after it", sum(Watched::missing), "");
      report.add(what + ", steps backwards", sum(Watched::backwards), "");
      report.add(what + ", resident memory of the API", (double) api.residentMib(), "MiB");
    }
  }

  private Child startApi() throws IOException, InterruptedException {
    Child api =
        Child.start(
            -1, environment, log, List.of("-Xmx384m"), List.of(Main.class.getName(), "api"));
    Stack.await("the API", api, new Api(port)::up);
    return api;
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

  private void connect(List<Watched> some)
      throws InterruptedException, ExecutionException, TimeoutException {
    for (int from = 0; from < some.size(); from += CONNECTING_MAX) {
      List<Watched> batch = some.subList(from, Math.min(some.size(), from + CONNECTING_MAX));
      await(Future.all(batch.stream().map(one -> one.connect(client, port)).toList()));
    }
    until("everyone has the newest", () -> some.stream().allMatch(Watched::current));
  }

  private void round(List<Watched> some)
      throws InterruptedException, ExecutionException, TimeoutException {
    for (Watched one : some) {
      write(one);
    }
    until("everyone has the newest", () -> some.stream().allMatch(Watched::current));
  }

  /** Writes records at a steady rate, one job after the other. */
  private void events() throws InterruptedException {
    long begun = System.nanoTime();
    long gap = TimeUnit.SECONDS.toNanos(1) / EVENTS_PER_SECOND;
    Object pause = new Object();
    List<Future<?>> writes = new ArrayList<>();
    for (int i = 0; i < SECONDS * EVENTS_PER_SECOND; i++) {
      long early = begun + i * gap - System.nanoTime();
      if (early > 0) {
        synchronized (pause) {
          TimeUnit.NANOSECONDS.timedWait(pause, early);
        }
      }
      writes.add(start(watched.get(i % SOCKETS)));
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

  private double latency(double share) {
    List<Long> sorted = watched.stream().flatMap(one -> one.latencies().stream()).sorted().toList();
    return sorted.get((int) Math.min(sorted.size() - 1, sorted.size() * share)) / 1e6;
  }

  private double sum(ToDoubleFunction<Watched> figure) {
    return watched.stream().mapToDouble(figure).sum();
  }

  private static void until(String what, BooleanSupplier condition) throws InterruptedException {
    long limit = System.nanoTime() + PATIENCE.toNanos();
    Object pause = new Object();
    while (!condition.getAsBoolean() && System.nanoTime() < limit) {
      synchronized (pause) {
        pause.wait(10);
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
