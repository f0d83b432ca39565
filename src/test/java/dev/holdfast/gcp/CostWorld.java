package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.ApiOptions;
import dev.holdfast.api.ApiServices;
import dev.holdfast.api.ApiVerticle;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.Traces;
import dev.holdfast.job.Webhooks;
import dev.holdfast.worker.Checkpoints;
import dev.holdfast.worker.WorkerOptions;
import dev.holdfast.worker.WorkerServices;
import dev.holdfast.worker.WorkerVerticle;
import dev.holdfast.world.GoogleEmulators;
import dev.holdfast.world.ScriptedEngine;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;

/** An API and a worker on the emulators, each with a meter, and a client of the API. */
final class CostWorld implements AutoCloseable {

  private static final Duration REQUEST_MAX = Duration.ofSeconds(60);

  final Clocked clock;
  final Vertx vertx = Vertx.vertx();
  final Metered api;
  final Metered worker;
  private final HttpClient http = HttpClient.newHttpClient();
  private final int port;

  CostWorld(Clocked clock) throws Exception {
    this.clock = clock;
    GcpOptions place = GoogleEmulators.fresh();
    try (GcpSetup setup = GcpSetup.open(place)) {
      assertThat(setup.init()).noneMatch(f -> f.level() == GcpSetup.Level.PROBLEM);
    }
    api = new Metered(place, JobEvents.EVERY_STATE);
    worker = new Metered(place, WorkerOptions.HEARS);
    ApiVerticle verticle =
        ApiVerticle.instances(ApiOptions.of("127.0.0.1", 0), apiServices()).get();
    await(vertx.deployVerticle(verticle));
    port = verticle.port();
    await(vertx.deployVerticle(workerVerticle()));
  }

  @Override
  public void close() {
    await(vertx.close());
    worker.close();
    api.close();
  }

  private ApiServices apiServices() {
    JobRecords records = new JobRecords(api.gcp.store(), api.gcp.events(), clock);
    return new ApiServices(
        api.gcp.store(),
        api.gcp.queue(),
        api.gcp.events(),
        api.gcp.objects(),
        api.gcp.externalInputs(),
        api.gcp.roster(),
        new JobIntake(api.gcp.store(), api.gcp.queue(), records, clock),
        List.of(ScriptedEngine.spec(32, 100_000)),
        clock,
        new SimpleMeterRegistry(),
        Webhooks.OFF,
        Traces.OFF);
  }

  private WorkerVerticle workerVerticle() {
    return new WorkerVerticle(
        new WorkerServices(
            worker.gcp.queue(),
            worker.gcp.events(),
            new JobRecords(worker.gcp.store(), worker.gcp.events(), clock),
            worker.gcp.objects(),
            worker.gcp.externalInputs(),
            worker.gcp.roster(),
            clock,
            new SimpleMeterRegistry(),
            Traces.OFF),
        new WorkerOptions(
            "worker",
            "test",
            Job.Place.UNKNOWN,
            1,
            4,
            JobQueue.ACK_DEADLINE,
            Checkpoints.every(Duration.ofSeconds(10))),
        new ScriptedEngine(),
        List.of(ScriptedEngine.spec(32, 100_000)),
        failure -> {
          throw new AssertionError(failure);
        });
  }

  String get(String path) throws Exception {
    return send(request(path).GET());
  }

  JsonObject post(String path, String type, BodyPublisher body, String... headers)
      throws Exception {
    HttpRequest.Builder request = request(path).header("Content-Type", type).POST(body);
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return new JsonObject(send(request));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .timeout(REQUEST_MAX);
  }

  private String send(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isBetween(200, 202);
    return response.body();
  }

  String submit(JsonObject input, String... headers) throws Exception {
    JsonObject body = new JsonObject().put("model", "scripted").put("input", input);
    return post("/v1/jobs", "application/json", BodyPublishers.ofString(body.encode()), headers)
        .getString("id");
  }

  String submitText(String text, String... headers) throws Exception {
    return submit(new JsonObject().put("items", List.of(text)), headers);
  }

  interface Submit {
    String run() throws Exception;
  }

  /** Submits a job and waits until nobody has anything left to do about it; returns its id. */
  String worked(Submit submit, int events) throws Exception {
    int acknowledged = worker.counts().getOrDefault(Operation.ACKNOWLEDGED, 0);
    int heard = api.counts().getOrDefault(Operation.HEARD, 0);
    int kept = worker.counts().getOrDefault(Operation.HEARD, 0);
    String id = submit.run();
    worker.rpcs.await(Operation.ACKNOWLEDGED, acknowledged + 1);
    api.rpcs.await(Operation.HEARD, heard + events);
    worker.rpcs.await(Operation.HEARD, kept + events);
    return id;
  }
}
