package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.JobView;
import dev.holdfast.client.Terminal;
import dev.holdfast.client.Watch;
import dev.holdfast.gcp.GcpOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Several API and worker processes on one Google Cloud, with the real model. */
final class Fleet implements AutoCloseable {

  static final String MODEL = "all-MiniLM-L6-v2";

  private static final Pattern ADDRESS = Pattern.compile("the API is at (http://\\S+)");
  private static final long START_SECONDS_MAX = 120;
  private static final long END_SECONDS_MAX = 20;
  private static final long LOOK_AGAIN_MILLIS = 200;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final SystemClock clock = new SystemClock();
  private final List<Process> apis = new ArrayList<>();
  private final List<String> addresses = new ArrayList<>();
  private final List<WorkerProcess> workers = new ArrayList<>();
  private final BlockingQueue<String> said = new LinkedBlockingQueue<>();

  /**
   * Starts them and waits until all APIs answer and all workers have loaded the model.
   *
   * @param settings beside those of the place
   */
  Fleet(GcpOptions place, Map<String, String> settings, int apiCount, int workerCount)
      throws Exception {
    Map<String, String> values = new HashMap<>(settings);
    values.put("HOLDFAST_BACKEND", "gcp");
    values.put("HOLDFAST_GCP_PROJECT", place.project());
    values.put("HOLDFAST_GCP_BUCKET", place.bucket());
    values.put("HOLDFAST_MODELS", Path.of("holdfast.yaml").toAbsolutePath().toString());
    values.put("HOLDFAST_PORT", "0");
    values.put("HOLDFAST_MANAGEMENT_PORT", "0");
    values.putAll(place.emulators());
    Config config = Config.read(values, Config.Role.API);
    for (int i = 0; i < apiCount; i++) {
      apis.add(api(values));
    }
    for (int i = 1; i <= workerCount; i++) {
      WorkerProcess worker =
          new WorkerProcess(
              "worker-" + i, WorkerCommandLine.of("worker-" + i, config), clock, said::add);
      workers.add(worker);
      worker.start();
    }
    try {
      awaitReady(workerCount);
    } catch (Exception | AssertionError e) {
      close();
      throw e;
    }
  }

  private void awaitReady(int workerCount) throws Exception {
    awaitReady(workerCount, OptionalLong.empty());
  }

  /**
   * @param gone the process of one that was killed, whose last report may still be there
   */
  private void awaitReady(int workerCount, OptionalLong gone) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS_MAX);
    List<String> heard = new ArrayList<>();
    while (true) {
      long ready = 0;
      for (JsonNode worker : client(0).workers().path("workers")) {
        boolean other = gone.isEmpty() || worker.path("pid").asLong() != gone.getAsLong();
        ready += other && worker.path("ready").asBoolean() ? 1 : 0;
      }
      if (ready == workerCount) {
        return;
      }
      assertThat(System.nanoTime()).as("%d ready; heard %s", ready, heard).isLessThan(deadline);
      String line = said.poll(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
      if (line != null) {
        heard.add(line);
      }
    }
  }

  private Process api(Map<String, String> values) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx384m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "api");
    builder.environment().putAll(values);
    Process process = builder.redirectErrorStream(true).start();
    BlockingQueue<String> address = new LinkedBlockingQueue<>();
    Thread reader = new Thread(() -> follow(process, address), "api output");
    reader.setDaemon(true);
    reader.start();
    String found = address.poll(START_SECONDS_MAX, TimeUnit.SECONDS);
    assertThat(found).as("the API's address; it said %s", said).isNotNull();
    addresses.add(found);
    return process;
  }

  private void follow(Process process, BlockingQueue<String> address) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String line;
      while ((line = lines.readLine()) != null) {
        said.add("[api] " + line);
        Matcher matcher = ADDRESS.matcher(line);
        if (matcher.find()) {
          address.add(matcher.group(1));
        }
      }
    } catch (IOException e) {
      said.add("[api] its output cannot be read any more");
    }
  }

  /** What the processes said so far, oldest first; each line once. */
  List<String> said() {
    List<String> lines = new ArrayList<>();
    said.drainTo(lines);
    return lines;
  }

  String address(int api) {
    return addresses.get(api);
  }

  HoldfastClient client(int api) throws Exception {
    return new HoldfastClient(address(api));
  }

  /**
   * SIGKILL; it is started again. Blocks until the next one is ready.
   *
   * @return whether there was somebody to kill
   */
  boolean kill(int worker) throws Exception {
    OptionalLong pid = workers.get(worker).pid();
    boolean killed = workers.get(worker).kill();
    awaitReady(workers.size(), pid);
    return killed;
  }

  /** A job over sentences, as it is submitted. */
  static ObjectNode body(int items) {
    ObjectNode body = JSON.createObjectNode().put("model", MODEL);
    ArrayNode array = body.putObject("input").putArray("items");
    for (int i = 0; i < items; i++) {
      array.addObject().put("id", RowCheck.idOf(i)).put("text", Sentences.at(i).substring(0, 20));
    }
    return body;
  }

  /** Follows a job to its end. */
  static JobView ended(HoldfastClient client, JobView job) throws Exception {
    return new Watch(client, Terminal.silent(), false).until(job, seen -> false);
  }

  /** What the result of a complete job has too few of and too many of. */
  static RowCheck.Counts rows(HoldfastClient client, String job, int items, Path file)
      throws Exception {
    try (OutputStream out = Files.newOutputStream(file)) {
      client.download(job, (bytes, length) -> out.write(bytes, 0, length));
    }
    return RowCheck.of(file, items);
  }

  @Override
  public void close() {
    workers.forEach(WorkerProcess::ask);
    apis.forEach(Process::destroy);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(END_SECONDS_MAX);
    workers.forEach(worker -> worker.end(deadline));
    for (Process api : apis) {
      api.onExit().completeOnTimeout(api, END_SECONDS_MAX, TimeUnit.SECONDS).join();
      api.destroyForcibly();
    }
    clock.close();
  }
}
