package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.cloud.NoCredentials;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.BucketInfo;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.StorageOptions;
import dev.holdfast.client.ExitCode;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.JobView;
import dev.holdfast.client.Terminal;
import dev.holdfast.gcp.GcpOptions;
import dev.holdfast.gcp.GcpSetup;
import dev.holdfast.world.GoogleEmulators;
import dev.holdfast.world.OnEmulators;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole Holdfast on the emulators: the API here, a worker with the real model beside it. */
@OnEmulators
@Timeout(240)
class GoogleStackTest {

  private static final int ITEMS = 40;
  private static final long WORKER_END_S = 20;

  @TempDir Path directory;
  private final SystemClock clock = new SystemClock();
  private final LinkedBlockingQueue<String> said = new LinkedBlockingQueue<>();
  private GcpOptions place;
  private String inputs;
  private Storage storage;

  @AfterEach
  void close() throws Exception {
    storage.close();
    clock.close();
  }

  @BeforeEach
  void init() throws Exception {
    place = GoogleEmulators.fresh();
    inputs = place.inputBuckets().iterator().next();
    storage =
        StorageOptions.http()
            .setProjectId(place.project())
            .setHost(place.storageEmulator().orElseThrow())
            .setCredentials(NoCredentials.getInstance())
            .build()
            .getService();
    try (GcpSetup setup = GcpSetup.open(place)) {
      assertThat(setup.init()).noneMatch(f -> f.level() == GcpSetup.Level.PROBLEM);
    }
  }

  private Map<String, String> settings() {
    Map<String, String> values = new HashMap<>(place.emulators());
    values.put("HOLDFAST_BACKEND", "gcp");
    values.put("HOLDFAST_GCP_PROJECT", place.project());
    values.put("HOLDFAST_GCP_BUCKET", place.bucket());
    values.put("HOLDFAST_GCP_INPUT_BUCKETS", inputs);
    values.put("HOLDFAST_MODELS", Path.of("holdfast.yaml").toAbsolutePath().toString());
    values.put("HOLDFAST_PORT", "0");
    values.put("HOLDFAST_MANAGEMENT_PORT", "0");
    return values;
  }

  private void put(String bucket, String name, byte[] content) {
    storage.create(BlobInfo.newBuilder(bucket, name).build(), content);
  }

  private static ObjectNode body(String uri) {
    ObjectNode body = JsonMapper.builder().build().createObjectNode().put("model", Fleet.MODEL);
    body.putObject("input").put("uri", uri);
    return body;
  }

  private static String command(String server, String... args) {
    return command(Map.of("HOLDFAST_SERVER", server), args);
  }

  private static String command(Map<String, String> environment, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
    int code =
        Main.run(
            new Terminal(InputStream.nullInputStream(), print, print, false, environment), args);
    assertThat(code).as(out.toString(StandardCharsets.UTF_8)).isEqualTo(ExitCode.OK);
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void whatIsCheckedIsJsonForPrograms() throws Exception {
    for (String verb : List.of("init", "check")) {
      List<String> lines = command(settings(), "gcp", verb, "--json").lines().toList();
      assertThat(lines).hasSizeGreaterThan(3);
      for (String line : lines) {
        JsonNode finding = JsonMapper.builder().build().readTree(line);
        assertThat(finding.path("level").asText()).as(line).isIn("ok", "unknown");
        assertThat(finding.path("what").asText()).as(line).isNotEmpty();
        assertThat(finding.path("todo").isTextual()).as(line).isTrue();
      }
    }
  }

  @Test
  void objectsOfAllowedBucketsAreInputsAndAChangedOneEndsInTheDeadLetters() throws Exception {
    Path file = directory.resolve("in.jsonl");
    Demo.write(file, ITEMS);
    byte[] content = Files.readAllBytes(file);
    Config config = Config.read(settings(), Config.Role.API);
    WorkerProcess worker =
        new WorkerProcess("worker-1", WorkerCommandLine.of("worker-1", config), clock, said::add);
    try (LocalStack api = LocalStack.start(config, 0, clock, said::add)) {
      String server = "http://127.0.0.1:" + api.port();
      HoldfastClient client = new HoldfastClient(server);
      storage.create(BucketInfo.of(inputs));
      put(inputs, "sound.jsonl", content);
      put(inputs, "changing.jsonl", content);
      put(place.bucket(), "results/other.jsonl", content);

      for (String bucket : List.of(place.bucket(), "no-such-bucket")) {
        assertThatThrownBy(
                () -> client.submit(body("gs://%s/results/other.jsonl".formatted(bucket)), "no"))
            .hasMessageContaining("none of the buckets")
            .hasMessageContaining(inputs);
      }
      JobView sound = client.submit(body("gs://%s/sound.jsonl".formatted(inputs)), "sound");
      JobView changing = client.submit(body("gs://%s/changing.jsonl".formatted(inputs)), "change");
      put(inputs, "changing.jsonl", "\"something else\"\n".getBytes(StandardCharsets.UTF_8));
      worker.start();

      JobView complete = Fleet.ended(client, sound);
      assertThat(complete.state()).as("%s; heard %s", complete.json(), said).isEqualTo("complete");
      assertThat(Fleet.rows(client, sound.id(), ITEMS, directory.resolve("rows.jsonl")))
          .isEqualTo(new RowCheck.Counts(0, 0));
      assertThat(Fleet.ended(client, changing).state()).isEqualTo("failed");
      assertThat(command(server, "dead").lines().filter(line -> line.contains(changing.id())))
          .singleElement()
          .asString()
          .contains("input_changed", "gs://" + inputs + "/changing.jsonl");

      assertThat(command(server, "retry", changing.id())).contains("queued");
      JobView again = Fleet.ended(client, client.job(changing.id()));
      assertThat(again.attempts()).as("%s", again.json()).hasSize(2);
      assertThat(command(server, "dead").lines().filter(line -> line.contains(changing.id())))
          .as("one letter an attempt that failed for good")
          .hasSize(2);
    } finally {
      worker.ask();
      worker.end(System.nanoTime() + TimeUnit.SECONDS.toNanos(WORKER_END_S));
    }
  }
}
