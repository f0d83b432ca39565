package dev.holdfast;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.standardwebhooks.Webhook;
import dev.holdfast.api.WorkerStops;
import dev.holdfast.client.ClientException;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.Claim;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobRecords;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.net.http.HttpHeaders;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real APIs tell a real receiver of the ends of jobs, and the specification's library agrees. */
@Timeout(180)
class ToldTest {

  private static final String SECRET = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final String OLDER = "C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
  private static final int HEARD_WAIT_S = 60;

  @TempDir Path directory;
  private final Vertx vertx = Vertx.vertx();
  private final SystemClock clock = new SystemClock();
  private final BlockingQueue<Message> heard = new LinkedBlockingQueue<>();

  private record Message(HttpHeaders headers, String body) {
    String header(String name) {
      return headers.firstValue(name).orElse("");
    }

    JsonNode json() throws Exception {
      return JsonMapper.builder().build().readTree(body);
    }
  }

  @AfterEach
  void close() {
    await(vertx.close());
    clock.close();
  }

  /** Listens, answers each with the status of that moment; its port. */
  private int receiver(IntSupplier status) {
    return await(
            vertx
                .createHttpServer()
                .requestHandler(
                    request ->
                        request
                            .body()
                            .onSuccess(
                                body -> {
                                  heard.add(message(request.headers().entries(), body));
                                  request.response().setStatusCode(status.getAsInt()).end();
                                }))
                .listen(0, "127.0.0.1"))
        .actualPort();
  }

  private static Message message(List<Map.Entry<String, String>> headers, Buffer body) {
    Map<String, List<String>> named =
        headers.stream()
            .collect(
                Collectors.groupingBy(
                    Map.Entry::getKey,
                    Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
    return new Message(HttpHeaders.of(named, (name, value) -> true), body.toString());
  }

  private ApiRole api() throws ConfigException {
    return api("whsec_" + SECRET + ",whsec_" + OLDER, "127.0.0.1");
  }

  private ApiRole api(String secrets, String allow) throws ConfigException {
    Map<String, String> settings = new HashMap<>();
    settings.put("HOLDFAST_DATA", directory.resolve("data").toString());
    settings.put("HOLDFAST_MODELS", Path.of("holdfast.yaml").toAbsolutePath().toString());
    settings.put("HOLDFAST_PORT", "0");
    settings.put("HOLDFAST_MANAGEMENT_PORT", "0");
    settings.put("HOLDFAST_GRACE", "5s");
    settings.put("HOLDFAST_WEBHOOK_SECRETS", secrets);
    settings.put("HOLDFAST_WEBHOOK_ALLOW", allow);
    return ApiRole.start(
        Config.read(settings, Config.Role.API), clock, () -> null, WorkerStops.NONE);
  }

  private static HoldfastClient client(ApiRole api) throws ClientException {
    return new HoldfastClient("http://127.0.0.1:" + api.port());
  }

  private static String submit(HoldfastClient client, String url) throws ClientException {
    ObjectNode body =
        JsonMapper.builder().build().createObjectNode().put("model", "all-MiniLM-L6-v2");
    body.putObject("input").putArray("items").add("a").add("b");
    body.putObject("webhook").put("url", url);
    return client.submit(body, JobId.randomToken()).id();
  }

  private Message next() throws Exception {
    @Nullable Message message = heard.poll(HEARD_WAIT_S, TimeUnit.SECONDS);
    assertThat(message).as("a call within %d s", HEARD_WAIT_S).isNotNull();
    new Webhook(SECRET).verify(message.body(), message.headers());
    new Webhook(OLDER).verify(message.body(), message.headers());
    return message;
  }

  /** Asks until the record says so; the call comes before its record. */
  private static JsonNode webhook(HoldfastClient client, String id, String state) throws Exception {
    while (true) {
      JsonNode webhook = client.job(id).json().path("webhook");
      if (webhook.path("state").asText().equals(state)) {
        return webhook;
      }
    }
  }

  @Test
  void twoReplicasTellOnceOfAJobThatAWorkerCompletes() throws Exception {
    int port = receiver(() -> 204);
    try (ApiRole one = api();
        ApiRole other = api();
        Embedded worker = Embedded.open(directory.resolve("data"), Optional.empty(), clock)) {
      String url = "http://127.0.0.1:" + port + "/told?by=us";
      String id = submit(client(one), url);
      complete(worker, new JobId(id));

      Message message = next();
      JsonNode shown = webhook(client(other), id, "delivered");
      assertThat(shown.path("attempts").asInt()).isEqualTo(1);
      assertThat(shown.path("last_status").asInt()).isEqualTo(204);
      assertThat(message.json().path("type").asText()).isEqualTo("job.complete");
      assertThat(message.header("webhook-id")).startsWith(id + "-");
      assertThat(message.header("content-type")).isEqualTo("application/json");
      assertThat(message.header("webhook-signature").split(" ")).hasSize(2);
      JsonNode data = message.json().path("data");
      ObjectNode now = (ObjectNode) client(one).job(id).json();
      assertThat(data.path("id").asText()).isEqualTo(id);
      assertThat(message.json().path("timestamp")).isEqualTo(now.path("ended_at"));
      for (String same : List.of("state", "result", "progress", "attempts", "ended_at", "model")) {
        assertThat(data.path(same)).as(same).isEqualTo(now.path(same));
      }
      assertThat(message.body()).doesNotContain(SECRET, OLDER, "token");
    }
    assertThat(heard).as("both replicas heard of the end; one called").isEmpty();
  }

  private void complete(Embedded worker, JobId id) {
    JobRecords records = new JobRecords(worker.store(), worker.events(), clock);
    Job claimed =
        ((Claim.Claimed)
                await(
                    records.claim(
                        id,
                        new Claimant(
                            "worker-1",
                            Job.Place.UNKNOWN,
                            "token-1",
                            Duration.ofSeconds(30),
                            Claimant.Company.NONE))))
            .job();
    JobLife.Step step =
        new JobLife.Step(
            new Job.Checkpoint(2, 0, 3, 1, 20, 0), new Job.Progress(2, 0, 2L), "ab".repeat(32));
    await(records.update(claimed, (job, now) -> JobLife.completed(job, step, now)));
  }

  @Test
  void whatOneReplicaCouldNotTellAnotherDoes() throws Exception {
    AtomicInteger status = new AtomicInteger(503);
    int port = receiver(status::get);
    String id;
    String before;
    try (ApiRole first = api()) {
      id = submit(client(first), "http://127.0.0.1:" + port + "/");
      client(first).cancel(id);
      before = next().header("webhook-id");
    }
    status.set(200);
    try (ApiRole second = api()) {
      Message message = next();
      assertThat(message.json().path("type").asText()).isEqualTo("job.cancelled");
      JsonNode shown = webhook(client(second), id, "delivered");
      assertThat(shown.path("attempts").asInt()).isGreaterThanOrEqualTo(2);
      assertThat(message.header("webhook-id")).isEqualTo(before);
    }
  }

  @Test
  void withoutSecretsOrLeaveNoWebhookIsTaken() throws Exception {
    try (ApiRole silent = api("", "127.0.0.1")) {
      assertThat(refused(silent, "https://example.com/"))
          .contains("has not set HOLDFAST_WEBHOOK_SECRETS", "webhook_refused");
    }
    try (ApiRole strict = api("whsec_" + SECRET, "")) {
      assertThat(refused(strict, "https://127.0.0.1:8443/")).contains("of the machine itself");
      assertThat(refused(strict, "http://example.com/")).contains("https://");
    }
  }

  private static String refused(ApiRole api, String url) {
    return String.valueOf(
        catchThrowableOfType(ClientException.class, () -> submit(client(api), url)).getMessage());
  }

  @Test
  void aSecretThatIsWrongIsNotShown() {
    ConfigException refused =
        catchThrowableOfType(ConfigException.class, () -> api("whsec_c2VjcmV0,x", "10.0.0.1/8"));
    assertThat(refused.problems())
        .hasSize(2)
        .anyMatch(p -> p.startsWith("HOLDFAST_WEBHOOK_SECRETS=(not shown) must be secrets"))
        .anyMatch(p -> p.startsWith("HOLDFAST_WEBHOOK_ALLOW=10.0.0.1/8 must be blocks"))
        .noneMatch(p -> p.contains("c2VjcmV0"));
  }
}
