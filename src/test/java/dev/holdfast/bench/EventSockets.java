package dev.holdfast.bench;

import dev.holdfast.SystemClock;
import dev.holdfast.embedded.Embedded;
import dev.holdfast.emulator.FreePort;
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
  private static final int GOING_AWAY = 1001;
  private static final Duration LEASE = Duration.ofHours(1);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** To look at thousands costs what the API needs; when it happened is noted by themselves. */
  private static final long LOOK_MILLIS = 200;

  private final SystemClock clock = new SystemClock();
  private final Vertx vertx = Vertx.vertx();
  private final WebSocketClient client =
      vertx.createWebSocketClient(new WebSocketClientOptions().setMaxConnections(2 * SOCKETS));
  private final Map<String, String> environment;
  private final Path log;
  private volatile int port = FreePort.find();
  private final Embedded embedded;
  private final List<Watched> watched = new ArrayList<>();

  /** Those that the other replica serves before. */
  private final List<Watched> others = new ArrayList<>();

  private EventSockets(Path data, Path log) throws IOException {
    this.log = log;
    this.embedded = Embedded.open(data, Optional.empty(), clock);
    this.environment =
        Map.of(
            "HOLDFAST_DATA",
            data.toString(),
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
    for (int i = 0; i < SOCKETS / 10; i++) {
      others.add(new Watched(claimed(), clock));
    }
    String what = SOCKETS + " sockets";
    Child first = startApi(port);
    try {
      // what the first of them load, compile and pool is not theirs
      connect(watched.subList(0, SOCKETS / 10));
      round(watched.subList(0, SOCKETS / 10));
      long before = first.residentMib();
      connect(watched.subList(SOCKETS / 10, SOCKETS));
      long after = first.residentMib();
      report.add(
          what + ", resident memory each",
          (after - before) * 1024.0 / (SOCKETS - SOCKETS / 10.0),
          "KiB");
      watched.forEach(Watched::forgetLatencies);
      events();
      report.add(what + ", record written to frame, p50", latency(0.5), "ms");
      report.add(what + ", record written to frame, p99", latency(0.99), "ms");
      report.add(what + ", events not received", sum(Watched::missing), "");
      comeBacks(first, what, report);
    } finally {
      first.close();
    }
  }

  /** Once to a replica that serves others already, once to the process that is started again. */
  private void comeBacks(Child first, String what, Report report)
      throws IOException, InterruptedException, ExecutionException, TimeoutException {
    Watched.Returning how = new Watched.Returning(vertx, client, () -> port);
    watched.forEach(one -> one.comesBack(how));
    int elsewhere = FreePort.find();
    try (Child second = startApi(elsewhere)) {
      port = elsewhere;
      connect(others);
      long told = System.nanoTime();
      first.tell();
      comeBack(what + ", another replica serves", told, report);
      first.end();
      round(watched);

      watched.forEach(one -> one.comesBack(how));
      told = System.nanoTime();
      second.end();
      long gone = System.nanoTime();
      try (Child again = api(port)) {
        String restarted = what + ", the only process restarted";
        long back = comeBack(restarted, told, report);
        report.add(restarted + ": SIGTERM to its end", (gone - told) / 1e9, "s");
        report.add(restarted + ": its end to the last first frame", (back - gone) / 1e9, "s");
        round(watched);
        report.add(what + ", events not received after both", sum(Watched::missing), "");
        report.add(what + ", steps backwards", sum(Watched::backwards), "");
        report.add(what + ", resident memory of the API", (double) again.residentMib(), "MiB");
        watched.forEach(one -> one.comesBack(null));
      }
    }
  }

  /** Waits until everyone is back, and reports how long they were away; when the last came. */
  private long comeBack(String what, long told, Report report) throws InterruptedException {
    until("everyone is back", () -> watched.stream().allMatch(one -> one.backSince(told)));
    report.add(what + ": closed with 1001", sum(one -> one.closeCode() == GOING_AWAY ? 1 : 0), "");
    List<Long> away =
        watched.stream().map(one -> one.backAtNanos() - one.closedAtNanos()).sorted().toList();
    for (double share : new double[] {0.5, 0.99, 1}) {
      String which = share == 1 ? "max" : "p%.0f".formatted(share * 100);
      int at = (int) Math.min(away.size() - 1, away.size() * share);
      report.add(what + ": closed to first frame, " + which, away.get(at) / 1e9, "s");
    }
    long last = watched.stream().mapToLong(Watched::backAtNanos).max().orElse(told);
    report.add(what + ": SIGTERM to the last first frame", (last - told) / 1e9, "s");
    report.add(what + ": attempts that were refused", sum(Watched::refused), "");
    return last;
  }

  /** As its users start it. */
  private Child api(int on) throws IOException {
    return Child.launch(environment, log, "api", "--port", Integer.toString(on));
  }

  private Child startApi(int on) throws IOException, InterruptedException {
    Child api = api(on);
    Stack.await("the API", api, new Api(on)::up);
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
