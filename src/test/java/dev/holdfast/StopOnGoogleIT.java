package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.JobView;
import dev.holdfast.client.Terminal;
import dev.holdfast.client.Watch;
import dev.holdfast.world.OnEmulators;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the console's buttons do to {@code ./holdfast local --gcp}, with emulators of its own. */
@OnEmulators
@Timeout(300)
class StopOnGoogleIT {

  private static final int ITEMS = 2_000;
  private static final int WORKERS = 2;
  private static final long LINE_WAIT_S = 60;
  private static final long END_WAIT_S = 30;
  private static final Pattern ADDRESS = Pattern.compile("the API are at (http://[0-9.:]+)");

  @TempDir Path directory;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final List<String> heard = new ArrayList<>();
  private final HttpClient http = HttpClient.newHttpClient();
  private Process local;
  private String address;

  @BeforeEach
  void start() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of("holdfast").toAbsolutePath().toString(),
            "local",
            "--gcp",
            "--workers",
            Integer.toString(WORKERS));
    builder
        .environment()
        .putAll(
            Map.of(
                "HOLDFAST_DATA", directory.resolve("data").toString(),
                "HOLDFAST_PORT", "0",
                "HOLDFAST_MANAGEMENT_PORT", "0",
                "HOLDFAST_LEASE", "3s",
                "HOLDFAST_CHECKPOINT", "500ms"));
    local = builder.redirectErrorStream(true).start();
    Thread reader =
        new Thread(
            () -> local.inputReader(StandardCharsets.UTF_8).lines().forEach(lines::add),
            "local output");
    reader.setDaemon(true);
    reader.start();
    Matcher said = ADDRESS.matcher(until("the API are at"));
    assertThat(said.find()).isTrue();
    address = said.group(1);
    for (int i = 0; i < WORKERS; i++) {
      until("is ready");
    }
  }

  @AfterEach
  void end() throws Exception {
    List<ProcessHandle> children = local.descendants().toList();
    local.destroy();
    boolean left = local.waitFor(END_WAIT_S, TimeUnit.SECONDS);
    local.destroyForcibly();
    assertThat(left).as("it left; it said %s", heard).isTrue();
    assertThat(children).hasSizeGreaterThan(WORKERS).noneMatch(ProcessHandle::isAlive);
  }

  private String until(String part) throws InterruptedException {
    String line;
    do {
      line = lines.poll(LINE_WAIT_S, TimeUnit.SECONDS);
      assertThat(line).as("'%s' was not said, but %s", part, heard).isNotNull();
      heard.add(line);
    } while (!line.contains(part));
    return line;
  }

  /** Keeps the frames of a job's socket; completes with its close code. */
  private static final class Frames implements WebSocket.Listener {
    final List<JsonObject> seen = new ArrayList<>();
    final CompletableFuture<Integer> closed = new CompletableFuture<>();
    private final StringBuilder text = new StringBuilder();

    @Override
    public synchronized CompletionStage<?> onText(
        WebSocket socket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        seen.add(new JsonObject(text.toString()));
        text.setLength(0);
      }
      socket.request(1);
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      closed.complete(code);
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      closed.completeExceptionally(error);
    }

    synchronized List<JsonObject> all() {
      return List.copyOf(seen);
    }
  }

  private void stop(String worker, String how, String signal) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(
                    URI.create("%s/v1/workers/%s/%s".formatted(address, worker, how)))
                .POST(BodyPublishers.noBody())
                .build(),
            BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    assertThat(new JsonObject(answer.body()))
        .isEqualTo(new JsonObject().put("worker", worker).put("signal", signal));
  }

  @Test
  void aJobOutlivesAnEvictionAndAKill() throws Exception {
    HoldfastClient client = new HoldfastClient(address);
    Path input = directory.resolve("input.jsonl");
    Demo.write(input, ITEMS);
    ObjectNode body = JsonMapper.builder().build().createObjectNode().put("model", Fleet.MODEL);
    body.putObject("input").put("input_id", client.upload(input));
    JobView job = client.submit(body, "stops");
    Frames frames = new Frames();
    http.newWebSocketBuilder()
        .buildAsync(
            URI.create("%s/v1/jobs/%s/events".formatted(address.replace("http", "ws"), job.id())),
            frames)
        .get(LINE_WAIT_S, TimeUnit.SECONDS);
    Watch watch = new Watch(client, Terminal.silent(), false);

    job = watch.until(job, seen -> seen.done() > 0 && seen.worker() != null);
    String evicted = String.valueOf(job.worker());
    stop(evicted, "evict", "SIGTERM");
    job = watch.until(job, seen -> seen.attempts().size() == 2 && seen.worker() != null);
    long resumed = job.attempts().get(1).resumedAt();
    assertThat(resumed).as("the evicted worker's items count").isPositive();
    until(evicted + " ended with exit code 0");

    job = watch.until(job, seen -> seen.done() > resumed + 100 && seen.worker() != null);
    String killed = String.valueOf(job.worker());
    assertThat(killed).isNotEqualTo(evicted);
    stop(killed, "kill", "SIGKILL");
    until(killed + " ended with exit code 137");
    JobView end = watch.until(job, seen -> false);

    assertThat(end.state()).as(end.json().toString()).isEqualTo("complete");
    assertThat(end.attempts())
        .extracting(JobView.AttemptView::outcome)
        .containsExactly("interrupted", "lost", "complete");
    assertThat(Fleet.rows(client, end.id(), ITEMS, directory.resolve("rows.jsonl")))
        .isEqualTo(new RowCheck.Counts(0, 0));
    assertThat(frames.closed.get(END_WAIT_S, TimeUnit.SECONDS)).isEqualTo(1000);
    List<JsonObject> seen = frames.all();
    assertThat(seen).extracting(event -> event.getLong("id")).isSorted().doesNotHaveDuplicates();
    assertThat(seen)
        .extracting(event -> event.getJsonObject("job").getInteger("version").longValue())
        .isEqualTo(seen.stream().map(event -> event.getLong("id")).toList());
    assertThat(seen.get(seen.size() - 1).getLong("id")).isEqualTo(end.version());
    until(killed + " is ready");
  }
}
