package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.await;

import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.Traces;
import dev.holdfast.world.Messages;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The embedded adapters and a Vert.x of one loop: what the worker's verticle is tested in. */
public final class VerticleWorld implements AutoCloseable {

  static final int SLOTS = 4;

  final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  final Embedded embedded;
  private final Path directory;
  private final Clocked clock;

  VerticleWorld(Path directory, Clocked clock) throws IOException {
    this.directory = directory;
    this.clock = clock;
    embedded = Embedded.open(directory, Optional.empty(), clock);
  }

  /** A verticle that is not deployed yet. */
  WorkerVerticle worker(
      InferenceEngine engine, ModelSpec spec, MeterRegistry meters, Consumer<Throwable> fatal) {
    WorkerOptions options =
        new WorkerOptions(
            "w",
            "test",
            Job.Place.UNKNOWN,
            1,
            SLOTS,
            Duration.ofSeconds(30),
            Checkpoints.every(Duration.ofSeconds(5)));
    return new WorkerVerticle(
        services(embedded, clock, meters), options, engine, List.of(spec), fatal);
  }

  /** What a worker needs, of the embedded adapters. */
  public static WorkerServices services(Embedded embedded, Clocked clock, MeterRegistry meters) {
    return new WorkerServices(
        embedded.queue(),
        embedded.events(),
        new JobRecords(embedded.store(), embedded.events(), clock),
        embedded.objects(),
        embedded.externalInputs(),
        embedded.roster(),
        clock,
        meters,
        Traces.OFF);
  }

  JobRecords records() {
    return new JobRecords(embedded.store(), embedded.events(), clock);
  }

  JobIntake intake() {
    return new JobIntake(embedded.store(), embedded.queue(), records(), clock);
  }

  /** A job of items that are all the same text. */
  Job submit(String text, int items) {
    String lines = ("\"" + text + "\"\n").repeat(items);
    JobSpec spec =
        new JobSpec("scripted", new JobSpec.Inline(lines, items), Map.of(), 3, null, null);
    return await(intake().submit(JobId.random(), spec)).job();
  }

  Job job(JobId id) {
    return await(embedded.store().get(id)).orElseThrow();
  }

  Messages messages() {
    return Messages.in(directory, clock);
  }

  @Override
  public void close() {
    await(vertx.close());
    embedded.close();
  }
}
