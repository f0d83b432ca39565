package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.ExitCode;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.JobView;
import dev.holdfast.client.Terminal;
import dev.holdfast.client.Watch;
import dev.holdfast.contract.Futures;
import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that are told to go in the middle of something, as terminals and clouds do. */
@Timeout(240)
class LeavingTest {

  private static final int LINE_WAIT_S = 60;
  private static final int EXIT_WAIT_S = 30;

  /** More than any machine infers between its first item and the signal. */
  private static final int ITEMS = 20_000;

  private static final Pattern ADDRESS = Pattern.compile("are at (http://[0-9.:]+)");

  @TempDir Path directory;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final List<String> heard = new ArrayList<>();

  private Map<String, String> settings() {
    Map<String, String> settings = new HashMap<>();
    settings.put("HOLDFAST_DATA", directory.resolve("data").toString());
    settings.put("HOLDFAST_MODELS", Path.of("holdfast.yaml").toAbsolutePath().toString());
    settings.put("HOLDFAST_PORT", "0");
    settings.put("HOLDFAST_MANAGEMENT_PORT", "0");
    settings.put("HOLDFAST_LEASE", "30s");
    settings.put("HOLDFAST_CHECKPOINT", "1s");
    settings.put("HOLDFAST_GRACE", "10s");
    return settings;
  }

  private String await(String part) throws InterruptedException {
    for (String line; (line = lines.poll(LINE_WAIT_S, TimeUnit.SECONDS)) != null; ) {
      heard.add(line);
      if (line.contains(part)) {
        return line;
      }
    }
    throw new AssertionError("nobody said '%s'; heard %s".formatted(part, heard));
  }

  private JobView atWork(String address) throws Exception {
    HoldfastClient client = new HoldfastClient(address);
    Path input = directory.resolve("input.jsonl");
    Demo.write(input, ITEMS);
    ObjectNode body =
        JsonMapper.builder().build().createObjectNode().put("model", "all-MiniLM-L6-v2");
    body.putObject("input").put("input_id", client.upload(input));
    return new Watch(client, Terminal.silent(), false)
        .until(client.submit(body, "one"), seen -> seen.done() > 0 && seen.worker() != null);
  }

  private Job record(String job) throws Exception {
    try (SystemClock clock = new SystemClock();
        Embedded data = Embedded.open(directory.resolve("data"), Optional.empty(), clock)) {
      return Futures.await(data.store().get(new JobId(job))).orElseThrow();
    }
  }

  private Process holdfast(Map<String, String> settings, String... verb) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(List.of(verb));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(settings);
    Process started = builder.start();
    Thread reader =
        new Thread(
            () -> {
              try (BufferedReader said = started.inputReader(StandardCharsets.UTF_8)) {
                said.lines().forEach(lines::add);
              } catch (IOException e) {
                lines.add("its output broke: " + e);
              }
            },
            "its output");
    reader.setDaemon(true);
    reader.start();
    return started;
  }

  private static void signal(String name, Stream<ProcessHandle> processes) throws Exception {
    List<String> command = new ArrayList<>(List.of("kill", "-" + name));
    processes.forEach(process -> command.add(Long.toString(process.pid())));
    assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
  }

  @Test
  void workersThatHearCtrlCWithTheirParentHandOverAllTheSame() throws Exception {
    Process local = holdfast(settings(), "local", "--workers", "2");
    List<ProcessHandle> children = List.of();
    try {
      Matcher address = ADDRESS.matcher(await("are at http"));
      assertThat(address.find()).isTrue();
      await("is ready");
      await("is ready");
      JobView job = atWork(address.group(1));
      children = local.children().toList();
      assertThat(children).hasSize(2);

      // what a terminal does, and a service manager with the whole group
      signal("INT", Stream.concat(Stream.of(local.toHandle()), children.stream()));

      assertThat(local.waitFor(EXIT_WAIT_S, TimeUnit.SECONDS)).isTrue();
      lines.drainTo(heard);
      assertThat(local.exitValue()).as("it said %s", heard).isZero();
      assertThat(children).noneMatch(ProcessHandle::isAlive);
      assertThat(heard).noneMatch(line -> line.contains("ended with exit code"));
      Job left = record(job.id());
      assertThat(left.state()).as("it said %s", heard).isEqualTo(JobState.INTERRUPTED);
      assertThat(left.checkpoint().nextItem()).isPositive();
    } finally {
      children.forEach(ProcessHandle::destroyForcibly);
      local.destroyForcibly();
    }
  }

  @Test
  void aWorkerFollowsTheNoticesThatItsOperatorNames() throws Exception {
    Path notice = directory.resolve("evict");
    Map<String, String> settings = settings();
    settings.put("HOLDFAST_EVICTION_NOTICES", "file:" + notice);
    Config config = Config.read(settings, Config.Role.API);
    try (SystemClock clock = new SystemClock();
        LocalStack stack = LocalStack.start(config, 1, clock, lines::add)) {
      await("is ready");
      JobView job = atWork("http://127.0.0.1:" + stack.port());

      Files.writeString(notice, "30s");

      await("worker-1 ended with exit code 0; starts again");
      Job left = record(job.id());
      assertThat(left.state()).as("it said %s", heard).isEqualTo(JobState.INTERRUPTED);
      assertThat(left.checkpoint().nextItem()).isPositive();
      // and whoever starts in its place is told at once
      await("worker-1 ended with exit code 0; starts again");
    }
  }

  @Test
  void whatIsToldToGoWhileItStartsGoesInGoodOrder() throws Exception {
    Path models = directory.resolve("models.yaml");
    assertThat(new ProcessBuilder("mkfifo", models.toString()).start().waitFor()).isZero();
    Map<String, String> settings = settings();
    settings.put("HOLDFAST_MODELS", models.toString());
    Process local = holdfast(settings, "local", "--workers", "0");
    // opening a pipe to write waits for whoever opens it to read, and the reader waits for a line
    Process writer =
        new ProcessBuilder("sh", "-c", "exec 3> \"$0\"; echo open; read ever", models.toString())
            .start();
    try (BufferedReader said = writer.inputReader(StandardCharsets.UTF_8)) {
      assertThat(said.readLine()).isEqualTo("open");

      local.destroy();

      assertThat(local.waitFor(EXIT_WAIT_S, TimeUnit.SECONDS)).isTrue();
      lines.drainTo(heard);
      assertThat(local.exitValue()).as("it said %s", heard).isZero();
    } finally {
      writer.destroyForcibly();
      local.destroyForcibly();
    }
  }

  @Test
  void aMeasurementEndsWhenSomebodyWantsItTo() throws Exception {
    Process bench = holdfast(settings(), "bench", "--model", "all-MiniLM-L6-v2", "--time", "10m");
    try {
      await("items/s");

      signal("INT", Stream.of(bench.toHandle()));

      assertThat(bench.waitFor(EXIT_WAIT_S, TimeUnit.SECONDS)).isTrue();
      lines.drainTo(heard);
      assertThat(bench.exitValue()).as("it said %s", heard).isEqualTo(ExitCode.JOB_CANCELLED);
    } finally {
      bench.destroyForcibly();
    }
  }
}
