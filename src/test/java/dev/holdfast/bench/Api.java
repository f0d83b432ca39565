package dev.holdfast.bench;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** What the benchmark asks of a running API, over HTTP like anyone else. */
final class Api {

  private static final Duration REQUEST_MAX = Duration.ofSeconds(90);

  static final String MODEL = "all-MiniLM-L6-v2";

  final int port;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String base;

  Api(int port) {
    this.port = port;
    base = "http://127.0.0.1:" + port;
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(base + path)).timeout(REQUEST_MAX);
  }

  private JsonObject send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
    if (response.statusCode() >= 300) {
      throw new IOException(request.uri() + " " + response.statusCode() + " " + response.body());
    }
    return new JsonObject(response.body());
  }

  JsonObject get(String path) throws IOException, InterruptedException {
    return send(request(path).GET().build());
  }

  private HttpRequest submission(JsonObject input) {
    JsonObject body = new JsonObject().put("model", MODEL).put("input", input);
    return request("/v1/jobs")
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body.encode()))
        .build();
  }

  /** Uploads JSONL and submits it as one job; returns the job's id. */
  String submitFile(String jsonl) throws IOException, InterruptedException {
    String input =
        send(request("/v1/inputs")
                .header("Content-Type", "application/x-ndjson")
                .POST(BodyPublishers.ofString(jsonl))
                .build())
            .getString("input_id");
    return send(submission(new JsonObject().put("input_id", input))).getString("id");
  }

  /** Submits one text as one job. */
  CompletableFuture<Integer> submitText(String text) {
    return http.sendAsync(
            submission(new JsonObject().put("items", new JsonArray().add(text))),
            BodyHandlers.discarding())
        .thenApply(HttpResponse::statusCode);
  }

  /** Waits for the job's end by long polls; returns the job. */
  JsonObject await(String id) throws IOException, InterruptedException {
    while (true) {
      JsonObject job = get("/v1/jobs/" + id + "?wait=30s");
      switch (job.getString("state")) {
        case "complete" -> {
          return job;
        }
        case "failed", "cancelled" -> throw new IOException("the job ended as " + job);
        default -> {}
      }
    }
  }

  /**
   * Whether every job has ended well. Not by {@code /v1/stats}, which counts those that have ended
   * seconds later where many are kept.
   */
  boolean allComplete() throws IOException, InterruptedException {
    if (any("failed") || any("cancelled")) {
      throw new IOException("a job has not ended well");
    }
    return !any("queued") && !any("processing") && !any("interrupted");
  }

  private boolean any(String state) throws IOException, InterruptedException {
    return !get("/v1/jobs?limit=1&state=" + state).getJsonArray("jobs").isEmpty();
  }

  /** Whether every worker is ready and there is one. */
  boolean ready() throws InterruptedException {
    try {
      JsonArray workers = get("/v1/workers").getJsonArray("workers");
      return !workers.isEmpty()
          && workers.stream().allMatch(w -> ((JsonObject) w).getBoolean("ready"));
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether it answers at all. */
  boolean up() throws InterruptedException {
    try {
      get("/v1/stats");
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
