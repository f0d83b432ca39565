package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.JobView;
import dev.holdfast.client.Terminal;
import dev.holdfast.client.Watch;
import dev.holdfast.contract.Futures;
import dev.holdfast.deploy.Watched;
import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.WorkerRoster;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, really killed. */
@Timeout(240)
class LocalStackTest {

  private static final int LINE_WAIT_S = 60;
  private static final int EXIT_WAIT_S = 20;

  @TempDir Path directory;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  private Map<String, String> settings() {
    Map<String, String> settings = new HashMap<>();
    settings.put("HOLDFAST_DATA", directory.resolve("data").toString());
    settings.put("HOLDFAST_MODELS", Path.of("holdfast.yaml").toAbsolutePath().toString());
    settings.put("HOLDFAST_PORT", "0");
    settings.put("HOLDFAST_MANAGEMENT_PORT", "0");
    settings.put("HOLDFAST_LEASE", "3s");
    settings.put("HOLDFAST_CHECKPOINT", "200ms");
    settings.put("HOLDFAST_GRACE", "5s");
    settings.put("HOLDFAST_PRICE_PER_HOUR", "0.71");
    return settings;
  }

  private String await(String part) throws InterruptedException {
    for (String line; (line = lines.poll(LINE_WAIT_S, TimeUnit.SECONDS)) != null; ) {
      if (line.contains(part)) {
        return line;
      }
    }
    throw new AssertionError("nobody said '%s'".formatted(part));
  }

  @Test
  void aJobOutlivesTheWorkerThatIsKilled() throws Exception {
    int items = 1_500;
    Config config = Config.read(settings(), Config.Role.API);
    try (LocalStack stack = LocalStack.start(config, 2, new SystemClock(), lines::add)) {
      await("is ready");
      await("is ready");
      HoldfastClient client = new HoldfastClient("http://127.0.0.1:" + stack.port());
      Path input = directory.resolve("input.jsonl");
      Demo.write(input, items);
      ObjectNode body =
          JsonMapper.builder().build().createObjectNode().put("model", "all-MiniLM-L6-v2");
      body.putObject("input").put("input_id", client.upload(input));

      JobView job = client.submit(body, "one");
      Watch watch = new Watch(client, silent(), false);
      job = watch.until(job, seen -> seen.done() > 0 && seen.worker() != null);
      String killed = String.valueOf(job.worker());
      assertThat(stack.kill(killed)).isTrue();
      JobView ended = watch.until(job, seen -> false);

      Path result = directory.resolve("result.jsonl");
      try (OutputStream out = Files.newOutputStream(result)) {
        client.download(ended.id(), (bytes, length) -> out.write(bytes, 0, length));
      }
      assertThat(ended.state()).isEqualTo("complete");
      assertThat(ended.attempts()).hasSize(2);
      assertThat(ended.attempts().get(1).worker()).isNotEqualTo(killed);
      assertThat(RowCheck.of(result, items)).isEqualTo(new RowCheck.Counts(0, 0));
      await(killed + " is ready");
      assertThat(stack.notReady()).isEmpty();
      assertThat(shown(stack)).containsAll(Watched.names());
    }
  }

  /** The names of all numbers that the API and its workers show to Prometheus. */
  private Set<String> shown(LocalStack stack) throws Exception {
    List<Integer> ports = new ArrayList<>(List.of(stack.managementPort()));
    try (SystemClock clock = new SystemClock();
        Embedded data = Embedded.open(directory.resolve("data"), Optional.empty(), clock)) {
      Futures.await(data.roster().list(clock.instant().minus(WorkerRoster.REPORT_INTERVAL)))
          .forEach(worker -> ports.add(worker.managementPort()));
    }
    Set<String> names = new TreeSet<>();
    for (int port : ports) {
      URI page = URI.create("http://127.0.0.1:%d/metrics".formatted(port));
      HttpClient.newHttpClient()
          .send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofLines())
          .body()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split("[{ ]", 2)[0])
          .forEach(names::add);
    }
    return names;
  }

  @Test
  void aWorkerThatCannotServeSaysWhy() throws Exception {
    Path models =
        Files.writeString(
            directory.resolve("models.yaml"),
            "models: [{name: none, location: no/such, kind: tensor}]");
    Map<String, String> settings = settings();
    settings.put("HOLDFAST_MODELS", models.toString());

    Config config = Config.read(settings, Config.Role.API);
    try (LocalStack stack = LocalStack.start(config, 1, new SystemClock(), lines::add)) {
      assertThat(await("no/such")).contains("no/such");
      assertThat(await("worker-1 is not ready: ")).contains("no/such");
      assertThat(stack.notReady()).hasValueSatisfying(why -> assertThat(why).contains("no/such"));
    }
  }

  @Test
  void workersEndWithTheirParentHoweverItEnds() throws Exception {
    Process local = local();
    List<ProcessHandle> children;
    try {
      children = childrenOnceReady(local);
      local.destroyForcibly();
      for (ProcessHandle child : children) {
        child.onExit().get(EXIT_WAIT_S, TimeUnit.SECONDS);
      }
    } finally {
      local.destroyForcibly();
    }
    assertThat(children).hasSize(2).noneMatch(ProcessHandle::isAlive);
  }

  @Test
  void allEndInGoodOrderWhenAsked() throws Exception {
    Process local = local();
    try {
      List<ProcessHandle> children = childrenOnceReady(local);

      local.destroy();

      assertThat(local.waitFor(EXIT_WAIT_S, TimeUnit.SECONDS)).isTrue();
      assertThat(local.exitValue()).isZero();
      assertThat(children).hasSize(2).noneMatch(ProcessHandle::isAlive);
    } finally {
      local.destroyForcibly();
    }
  }

  @Test
  void aPortInUseIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      for (String key : List.of("HOLDFAST_PORT", "HOLDFAST_MANAGEMENT_PORT")) {
        Map<String, String> settings = settings();
        settings.put(key, port);
        Config config = Config.read(settings, Config.Role.API);

        ConfigException refused =
            catchThrowableOfType(
                ConfigException.class,
                () -> LocalStack.start(config, 0, new SystemClock(), lines::add).close());

        assertThat(refused)
            .hasMessageContaining("%s=%s cannot be used on 127.0.0.1".formatted(key, port));
      }
    }
  }

  private Process local() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "local",
            "--workers",
            "2");
    builder.environment().putAll(settings());
    return builder.redirectErrorStream(true).start();
  }

  private List<ProcessHandle> childrenOnceReady(Process local) throws Exception {
    Thread reader =
        new Thread(
            () -> local.inputReader(StandardCharsets.UTF_8).lines().forEach(lines::add),
            "local output");
    reader.setDaemon(true);
    reader.start();
    await("is ready");
    await("is ready");
    return local.children().toList();
  }

  private static Terminal silent() {
    return new Terminal(
        InputStream.nullInputStream(),
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
        false,
        Map.of());
  }
}
