package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.JobView;
import dev.holdfast.client.Terminal;
import dev.holdfast.client.Watch;
import dev.holdfast.djl.TinyModels;
import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import dev.holdfast.shutdown.DrainPlan;
import dev.holdfast.shutdown.ShutdownVerticle.Stage;
import dev.holdfast.worker.Checkpoints;
import dev.holdfast.worker.VerticleWorld;
import dev.holdfast.worker.WorkerOptions;
import dev.holdfast.worker.WorkerVerticle;
import dev.holdfast.world.Messages;
import dev.holdfast.world.ScriptedEngine;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From a device that breaks to the end of its process, with everything given back. */
@Timeout(180)
class LostDeviceTest {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir Path directory;
  @AutoClose private final SystemClock clock = new SystemClock();

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private WorkerVerticle worker(Embedded embedded, WayOut wayOut) {
    return new WorkerVerticle(
        VerticleWorld.services(embedded, clock, new SimpleMeterRegistry()),
        new WorkerOptions(
            "w",
            "test",
            Job.Place.UNKNOWN,
            1,
            8,
            Duration.ofSeconds(30),
            Checkpoints.every(Duration.ofSeconds(5))),
        new ScriptedEngine(),
        List.of(ScriptedEngine.spec(4, 1_000)),
        failure -> wayOut.fail("inference failed for good"));
  }

  private JobId submit(Embedded embedded, String text, int items) throws Exception {
    JobRecords records = new JobRecords(embedded.store(), embedded.events(), clock);
    JobSpec.Inline input = new JobSpec.Inline(("\"" + text + "\"\n").repeat(items), items);
    return await(
            new JobIntake(embedded.store(), embedded.queue(), records, clock)
                .submit(JobId.random(), new JobSpec("scripted", input, Map.of(), 3, null, null)))
        .job()
        .id();
  }

  @Test
  void theWorkerGivesEverythingBackAndItsProcessEndsWithACodeOfItsOwn() throws Exception {
    Vertx vertx = Vertx.vertx();
    CompletableFuture<Integer> exit = new CompletableFuture<>();
    try (Embedded embedded = Embedded.open(directory, Optional.empty(), clock)) {
      List<JobId> neighbours = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        neighbours.add(submit(embedded, "neighbour", 200));
      }
      JobId killer = submit(embedded, "assert that the device breaks", 1);
      WayOut wayOut = new WayOut(Duration.ofSeconds(12), exit::complete);
      WorkerVerticle worker = worker(embedded, wayOut);
      wayOut.open(
          List.of(
              new Stage(worker, DrainPlan.HAND_OVER_SHARE),
              new Stage(WayOut.leaving("the worker's loops", vertx::close), 1)));
      await(vertx.deployVerticle(worker));

      assertThat(exit.get(60, TimeUnit.SECONDS)).isEqualTo(WayOut.FATAL);
      Job suspect = await(embedded.store().get(killer)).orElseThrow();
      assertThat(suspect.state()).isEqualTo(JobState.INTERRUPTED);
      assertThat(suspect.spent().suspects()).isEqualTo(1);
      neighbours.add(killer);
      long unfinished = 0;
      for (JobId id : neighbours) {
        Job job = await(embedded.store().get(id)).orElseThrow();
        assertThat(job.state()).isNotIn(JobState.PROCESSING, JobState.FAILED);
        assertThat(job.lease()).isNull();
        assertThat(job.spent().failures()).isZero();
        unfinished += job.state().terminal() ? 0 : 1;
      }
      assertThat(Messages.in(directory, clock)).isEqualTo(new Messages(unfinished, 0));
      assertThat(await(embedded.roster().list(Instant.EPOCH))).isEmpty();
    } finally {
      await(vertx.close());
    }
  }

  /** A TorchScript module that says what PyTorch says when a kernel's assertion fails. */
  @Test
  void realProcessesEndOverAnInputThatBreaksThemAndTheThirdFailsTheJob() throws Exception {
    TinyModels.write(
        directory.resolve("module"),
        "x: Tensor",
        "Tensor",
        """
            if torch.Bool(torch.any(torch.lt(x, 0))):
              ops.prim.RaiseException("CUDA error: device-side assert triggered")
            else:
              pass
            return torch.mul(x, 2)
        """);
    Path models =
        Files.writeString(
            directory.resolve("models.yaml"),
            "models: [{name: module, location: module, kind: tensor, batch: standard}]");
    Config config =
        Config.read(
            Map.of(
                "HOLDFAST_DATA",
                directory.resolve("data").toString(),
                "HOLDFAST_MODELS",
                models.toString(),
                "HOLDFAST_PORT",
                "0",
                "HOLDFAST_MANAGEMENT_PORT",
                "0"),
            Config.Role.API);
    BlockingQueue<String> said = new LinkedBlockingQueue<>();
    try (LocalStack stack = LocalStack.start(config, 1, clock, said::add)) {
      HoldfastClient client = new HoldfastClient("http://127.0.0.1:" + stack.port());
      JobView killer = client.submit(body(-1), "killer");
      killer = new Watch(client, Terminal.silent(), false).until(killer, seen -> false);
      JobView well = client.submit(body(1), "well");
      well = new Watch(client, Terminal.silent(), false).until(well, seen -> false);

      assertThat(killer.state()).isEqualTo("failed");
      assertThat(killer.json().path("error").path("code").asText()).isEqualTo("worker_lost");
      assertThat(killer.json().path("failures").asInt()).isEqualTo(1);
      assertThat(killer.json().path("attempts")).hasSize(3);
      for (JsonNode attempt : killer.json().path("attempts")) {
        assertThat(attempt.path("outcome").asText()).isEqualTo("interrupted");
        assertThat(attempt.path("error").path("message").asText())
            .isEqualTo("the worker's device broke: CUDA error: device-side assert triggered");
      }
      assertThat(well.state()).isEqualTo("complete");
      assertThat(said)
          .filteredOn(line -> line.contains("ended with exit code " + WayOut.FATAL))
          .hasSize(3);
    }
  }

  private static ObjectNode body(double element) {
    ObjectNode body = JSON.createObjectNode().put("model", "module");
    ObjectNode item = body.putObject("input").putArray("items").addObject();
    ObjectNode input = item.putArray("inputs").addObject();
    input.put("name", "x").put("datatype", "FP32");
    input.putArray("shape").add(1).add(1);
    input.putArray("data").add(element);
    return body;
  }
}
