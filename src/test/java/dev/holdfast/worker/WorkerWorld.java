package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.ExternalInputs;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobQueue.Delivery;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.ObjectStore;
import dev.holdfast.job.Traces;
import dev.holdfast.world.ManualClock;
import dev.holdfast.world.Messages;
import dev.holdfast.world.ScriptedEngine;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The embedded adapters, a clock with movable hands, and any number of workers that may die: what
 * the tests of the worker protocol play in.
 */
final class WorkerWorld implements AutoCloseable {

  static final Duration LEASE = Duration.ofSeconds(30);
  private static final int ITEMS_A_WINDOW = 4;

  final ManualClock clock = new ManualClock();
  final Embedded embedded;
  private final Path data;
  private @Nullable Path scratch;
  private long scratchBytes = PartScratch.BYTES_MAX;
  private final List<Worker> workers = new ArrayList<>();

  /** What lies between two checkpoints of workers that come, and where they tell of their steps. */
  Duration span = Duration.ZERO;

  Traces traces = Traces.OFF;

  WorkerWorld(Path directory) throws IOException {
    data = directory.resolve("data");
    embedded = Embedded.open(data, Optional.of(directory), clock);
  }

  /** Workers that come have a scratch directory. */
  Path scratch(long bytesMax) {
    Path shared = data.resolveSibling("scratch");
    scratch = shared;
    scratchBytes = bytesMax;
    return shared;
  }

  /** Deletes what no attempt needs from a scratch directory. */
  void sweep(Path directory) {
    PartScratch disk = new PartScratch(directory, clock);
    try (ScratchSweep sweep = new ScratchSweep(disk, records(new Mortal()), clock)) {
      await(sweep.start());
    }
  }

  Messages messages() {
    return Messages.in(data, clock);
  }

  static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(15, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  static String[] texts(int n) {
    return IntStream.range(0, n).mapToObj(i -> "text " + i).toArray(String[]::new);
  }

  JobIntake intake() {
    return new JobIntake(embedded.store(), embedded.queue(), records(new Mortal()), clock);
  }

  Job submit(JobSpec.Input input) {
    return submit(input, null);
  }

  Job submit(JobSpec.Input input, @Nullable Instant deadline) {
    JobSpec spec = new JobSpec("scripted", input, Map.of(), 3, deadline, null);
    return await(intake().submit(JobId.random(), spec)).job();
  }

  Job submit(String... texts) {
    return submit((Instant) null, texts);
  }

  Job submit(@Nullable Instant deadline, String... texts) {
    String lines =
        Arrays.stream(texts)
            .map(text -> new JsonObject().put("text", text).encode() + "\n")
            .collect(Collectors.joining());
    return submit(new JobSpec.Inline(lines, texts.length), deadline);
  }

  Job job(JobId id) {
    return await(embedded.store().get(id)).orElseThrow();
  }

  /** Every row of the parts that belong to the result, in order. */
  List<JsonObject> rows(Job job) {
    List<JsonObject> rows = new ArrayList<>();
    for (ObjectStore.Info part :
        await(embedded.objects().list("results/" + job.id() + "/part-", null, 1_000))) {
      String name = part.key().substring(part.key().lastIndexOf("part-") + 5);
      if (Long.parseLong(name.substring(0, 12)) < job.checkpoint().nextItem()) {
        await(embedded.objects().read(part.key(), 0, (int) part.bytes()))
            .toString()
            .lines()
            .map(JsonObject::new)
            .forEach(rows::add);
      }
    }
    return rows;
  }

  /** The job is complete, each text has its row once, and the queue has forgotten the message. */
  void assertComplete(Job submitted, String... texts) {
    Job job = job(submitted.id());
    assertThat(job.state()).isEqualTo(JobState.COMPLETE);
    List<JsonObject> rows = rows(job);
    assertThat(rows).hasSize(texts.length);
    for (int i = 0; i < texts.length; i++) {
      assertThat(rows.get(i).getInteger("index")).isEqualTo(i);
      assertThat(rows.get(i).getJsonArray("embedding").getFloat(1))
          .isEqualTo(ScriptedEngine.vector(texts[i])[1]);
    }
    assertThat(messages()).as("messages left").isEqualTo(new Messages(0, 0));
  }

  Worker worker(String id) {
    return worker(id, new Mortal(), new ScriptedEngine());
  }

  Worker worker(String id, Mortal mortal, ScriptedEngine engine) {
    Worker worker = new Worker(id, mortal, engine);
    workers.add(worker);
    return worker;
  }

  /** A worker that its user closes. */
  Worker transientWorker(String id, ScriptedEngine engine) {
    return new Worker(id, new Mortal(), engine);
  }

  private JobRecords records(Mortal mortal) {
    JobStore store = mortal.wrap(JobStore.class, embedded.store());
    JobEvents events = mortal.wrap(JobEvents.class, embedded.events());
    return new JobRecords(store, events, clock, traces, job -> {});
  }

  /** One worker's runner with all it needs, without the verticle that pulls for it. */
  final class Worker implements AutoCloseable {

    final Mortal mortal;
    final ScriptedEngine engine;
    final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final JobQueue queue;
    private final LeaseKeeper leases;
    private final MicroBatcher batcher;
    private final JobEvents.Subscription news;
    final @Nullable PartScratch disk =
        scratch == null ? null : new PartScratch(scratch, scratchBytes, clock);
    final JobRunner runner;
    final Serving serving;

    Worker(String id, Mortal mortal, ScriptedEngine engine) {
      this.mortal = mortal;
      this.engine = engine;
      queue = mortal.wrap(embedded.queue());
      WorkerOptions options =
          new WorkerOptions(id, "test", Job.Place.UNKNOWN, 1, 8, LEASE, Checkpoints.every(span));
      SimpleMeterRegistry meters = new SimpleMeterRegistry();
      WorkerMetrics metrics = new WorkerMetrics(meters);
      WorkerServices services =
          new WorkerServices(
              queue,
              embedded.events(),
              records(mortal),
              mortal.wrap(ObjectStore.class, embedded.objects()),
              mortal.wrap(ExternalInputs.class, embedded.externalInputs()),
              embedded.roster(),
              clock,
              meters,
              traces);
      ModelSpec spec = ScriptedEngine.spec(ITEMS_A_WINDOW, 1_000);
      leases = new LeaseKeeper(queue, options, metrics);
      leases.start();
      try {
        batcher =
            new MicroBatcher(engine.load(spec), metrics, clock, new DeviceMemory(), e -> drain());
      } catch (InferenceEngine.ModelLoadException e) {
        throw new AssertionError(e);
      }
      serving = new Serving(batcher, options.checkpoints().policy(), metrics, clock, disk);
      runner =
          new JobRunner(
              services, options, Map.of(spec.name(), serving), leases, metrics, new Loop(thread));
      news =
          embedded
              .events()
              .subscribe(WorkerOptions.HEARS, event -> thread.execute(() -> runner.heard(event)));
    }

    /** Pulls one message and begins to work on it. */
    Future<Void> begin() {
      List<Delivery> pulled = await(queue.pull(1, LEASE, Duration.ofSeconds(10)));
      assertThat(pulled).as("a message to work on").hasSize(1);
      leases.add(pulled.get(0));
      Promise<Void> done = Promise.promise();
      thread.execute(() -> runner.run(pulled.get(0)).onComplete(done));
      return done.future();
    }

    /** Pulls all there is and begins to work on all of it at once. */
    List<Future<Void>> beginAll() {
      List<Delivery> pulled = await(queue.pull(8, LEASE, Duration.ZERO));
      List<Future<Void>> begun = new ArrayList<>();
      pulled.forEach(leases::add);
      // in one turn of the loop, as what one pull brings
      CompletableFuture.runAsync(
              () -> pulled.forEach(delivery -> begun.add(runner.run(delivery))), thread)
          .join();
      return begun;
    }

    /** Pulls one message and works until it is settled or forgotten. */
    void work() {
      await(begin());
    }

    /** What the lease keeper does three times a lease. */
    void keepLeases() {
      leases.turn();
    }

    /** Asks the worker to go, as a drain does. */
    void drain() {
      drain(Departure.AT_ONCE);
    }

    void drain(Departure how) {
      thread.execute(() -> runner.drain(how));
    }

    @Override
    public void close() {
      news.close();
      leases.close();
      batcher.close();
      thread.shutdown();
      if (disk != null) {
        disk.close();
      }
    }
  }

  @Override
  public void close() {
    for (Worker worker : workers) {
      worker.close();
    }
    embedded.close();
  }
}
