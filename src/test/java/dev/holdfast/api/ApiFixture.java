package dev.holdfast.api;

import dev.holdfast.SystemClock;
import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.Claim;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.Traces;
import dev.holdfast.job.Webhooks;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The api in two instances on one port, the embedded adapters, and a client that trusts nothing.
 */
final class ApiFixture {

  static final Job.Place PLACE = new Job.Place("node-1", "zone-b", true);
  static final Duration LEASE = Duration.ofSeconds(30);
  static final String MODEL_DIGEST = "ab".repeat(32);
  private static final Duration ANSWER_WAIT_MAX = Duration.ofSeconds(30);

  final SystemClock clock = new SystemClock();
  final Vertx vertx = Vertx.vertx(ApiVerticle.vertxOptions());
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  final Path inputRoot;
  final Path dataDirectory;
  final Embedded embedded;
  final ApiServices services;
  final JobRecords records;
  final ContractChecker contract;
  final int port;
  private final String deployment;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  ApiFixture(Path directory) throws Exception {
    this(directory, ApiOptions.Limits.USUAL, UnaryOperator.identity());
  }

  /**
   * @param change puts something else in the place of a port
   */
  ApiFixture(Path directory, ApiOptions.Limits limits, UnaryOperator<ApiServices> change)
      throws Exception {
    this(directory, limits, change, WorkerStops.NONE);
  }

  ApiFixture(
      Path directory,
      ApiOptions.Limits limits,
      UnaryOperator<ApiServices> change,
      WorkerStops stops)
      throws Exception {
    dataDirectory = directory.resolve("data");
    inputRoot = Files.createDirectories(directory.resolve("inputs"));
    embedded = Embedded.open(dataDirectory, Optional.of(inputRoot), clock);
    records = new JobRecords(embedded.store(), embedded.events(), clock);
    services =
        change.apply(
            new ApiServices(
                embedded.store(),
                embedded.queue(),
                embedded.events(),
                embedded.objects(),
                embedded.externalInputs(),
                embedded.roster(),
                new JobIntake(embedded.store(), embedded.queue(), records, clock),
                List.of(
                    model("mini", ModelSpec.Kind.TEXT_EMBEDDING),
                    model("adder", ModelSpec.Kind.TENSOR)),
                clock,
                meters,
                Webhooks.OFF,
                Traces.OFF));
    contract = new ContractChecker(vertx);
    Supplier<ApiVerticle> instances =
        ApiVerticle.instances(
            new ApiOptions("127.0.0.1", 0, false, limits, ApiOptions.Leave.USUAL), services, stops);
    ApiVerticle first = instances.get();
    CompletableFuture<ApiVerticle> made = new CompletableFuture<>();
    Supplier<ApiVerticle> remembered =
        () -> {
          ApiVerticle next = made.isDone() ? instances.get() : first;
          made.complete(first);
          return next;
        };
    deployment = await(vertx.deployVerticle(remembered, new DeploymentOptions().setInstances(2)));
    port = first.port();
  }

  /** The same services but for those that a test has its own of. */
  static ApiServices with(ApiServices usual, JobStore store, JobEvents events, Webhooks webhooks) {
    return with(usual, store, events, webhooks, usual.traces());
  }

  static ApiServices tracing(ApiServices usual, Traces traces) {
    return with(usual, usual.store(), usual.events(), usual.webhooks(), traces);
  }

  private static ApiServices with(
      ApiServices usual, JobStore store, JobEvents events, Webhooks webhooks, Traces traces) {
    return new ApiServices(
        store,
        usual.queue(),
        events,
        usual.objects(),
        usual.externalInputs(),
        usual.roster(),
        usual.intake(),
        usual.models(),
        usual.clock(),
        usual.meters(),
        webhooks,
        traces);
  }

  private static ModelSpec model(String name, ModelSpec.Kind kind) {
    return new ModelSpec(
        name,
        Path.of("models", name),
        kind,
        "cpu",
        new ModelSpec.BatchLimits(8, 1024, Duration.ZERO));
  }

  static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  Answer get(String path, String... headers) throws Exception {
    return send("GET", path, null, headers);
  }

  Answer post(String path, String body, String... headers) throws Exception {
    String[] all = new String[headers.length + 2];
    all[0] = "Content-Type";
    all[1] = "application/json";
    System.arraycopy(headers, 0, all, 2, headers.length);
    return send("POST", path, Buffer.buffer(body), all);
  }

  Answer submit(String body, String... headers) throws Exception {
    return post("/v1/jobs", body, headers);
  }

  /** The id of a new job with some texts. */
  JobId submitted(int items) throws Exception {
    String texts =
        IntStream.range(0, items)
            .mapToObj(i -> "\"text " + i + "\"")
            .collect(Collectors.joining(","));
    Answer answer = submit("{\"model\":\"mini\",\"input\":{\"items\":[" + texts + "]}}").is(202);
    return new JobId(answer.json().getString("id"));
  }

  Answer send(String method, String path, @Nullable Buffer body, String... headers)
      throws Exception {
    return sendAsync(method, path, body, headers).get(60, TimeUnit.SECONDS);
  }

  CompletableFuture<Answer> sendAsync(
      String method, String path, @Nullable Buffer body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(ANSWER_WAIT_MAX)
            .method(
                method,
                body == null
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofByteArray(body.getBytes()));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return client
        .sendAsync(request.build(), BodyHandlers.ofString())
        .thenApply(response -> checked(method, path, response));
  }

  private Answer checked(String method, String path, HttpResponse<String> response) {
    Map<String, String> headers =
        response.headers().map().entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().get(0)));
    Answer answer = new Answer(response.statusCode(), headers, response.body());
    try {
      contract.check(method, path, answer);
    } catch (Exception e) {
      throw new AssertionError(method + " " + path + " broke the contract: " + answer, e);
    }
    return answer;
  }

  Socket connect() throws IOException {
    return connect(0);
  }

  /**
   * @param receiveBytes what may wait on this side to be read; 0 is up to the machine
   */
  Socket connect(int receiveBytes) throws IOException {
    Socket socket = new Socket();
    if (receiveBytes > 0) {
      socket.setReceiveBufferSize(receiveBytes);
    }
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    socket.setSoTimeout((int) ANSWER_WAIT_MAX.toMillis());
    return socket;
  }

  Job claimed(JobId id) throws Exception {
    Claim claim =
        await(
            records.claim(
                id,
                new Claimant(
                    "worker-1", PLACE, JobId.randomToken(), LEASE, Claimant.Company.NONE)));
    return ((Claim.Claimed) claim).job();
  }

  String part(Job job, long first, int rows) throws Exception {
    StringBuilder lines = new StringBuilder();
    for (long i = first; i < first + rows; i++) {
      lines.append(new JsonObject().put("index", i).encode()).append('\n');
    }
    await(
        embedded
            .objects()
            .create(
                job.partKey(first),
                Buffer.buffer(lines.toString()),
                Map.of("items", Integer.toString(rows))));
    return lines.toString();
  }

  Job checkpointed(Job job, long nextItem, int parts, long bytes) throws Exception {
    return await(
        records.update(
            job,
            (before, now) ->
                JobLife.checkpointed(before, step(nextItem, parts, bytes), LEASE, now)));
  }

  Job completed(Job job, long nextItem, int parts, long bytes) throws Exception {
    return await(
        records.update(
            job, (before, now) -> JobLife.completed(before, step(nextItem, parts, bytes), now)));
  }

  private static JobLife.Step step(long nextItem, int parts, long bytes) {
    return new JobLife.Step(
        new Job.Checkpoint(nextItem, 0, nextItem + 1, parts, bytes, 0),
        new Job.Progress(nextItem, 0, null),
        MODEL_DIGEST);
  }

  /** Ends the api in good order, as a process that leaves does. */
  void leave() throws Exception {
    await(vertx.undeploy(deployment));
  }

  void close() throws Exception {
    await(vertx.close());
    embedded.close();
    clock.close();
  }
}
